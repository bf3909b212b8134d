-- Up Migration

-- Failed logins of an address, counted from the first one on for a day, then anew.
alter table address_ledger
  add column login_failures integer not null default 0,
  -- null while there are none
  add column login_failures_since timestamptz;

-- For the purge: pending users by age.
create index users_pending on users (created_at) where activated_at is null;

-- The key of address_hash, encrypted under SECRET_KEY. One row, so that it outlives every rotation.
create table ledger_key (
  singleton boolean primary key default true check (singleton),
  -- AES-256-GCM: nonce, tag, ciphertext
  sealed bytea not null
);

-- Down Migration

drop table ledger_key;
drop index users_pending;
alter table address_ledger drop column login_failures, drop column login_failures_since;
