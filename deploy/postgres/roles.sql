-- Two roles for a database of Vestibule: one owns the schema and migrates it, the service works with the other,
-- which may read and write rows and change nothing else. Run once, by a superuser or the owner of the database,
-- in the empty database, before the first `migrate up`:
--
--   psql --set ON_ERROR_STOP=1 --dbname vestibule --file deploy/postgres/roles.sql
--   psql --dbname vestibule --command '\password vestibule_owner' --command '\password vestibule_app'
--
-- `migrate …` then gets the DATABASE_URL of vestibule_owner; `serve`, `users`, `outbox` and `doctor` that of vestibule_app.

begin;

create role vestibule_owner login;
create role vestibule_app login;

revoke create on schema public from public;
grant create, usage on schema public to vestibule_owner;
grant usage on schema public to vestibule_app;

-- Of all tables that migrations will make. There are no sequences, functions or large objects.
alter default privileges for role vestibule_owner in schema public
  grant select, insert, update, delete on tables to vestibule_app;

commit;
