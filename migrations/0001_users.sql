-- Up Migration

-- One row per address, active or pending. What a pending registration needs to be activated stands in the same
-- row, so that one row lock puts guess, resend, replacement and activation of an address into one order.
create table users (
  -- UUIDv7, made by the application
  id uuid primary key,
  -- canonical: lower case, domain as an A-label
  email text not null unique,
  -- PHC string
  password_hash text not null,
  -- BCP 47: the language of the mails
  locale text not null,
  created_at timestamptz not null default now(),
  -- null while pending
  activated_at timestamptz,
  -- names the key and the random value that the code is derived from; null when there is no code
  code_id text,
  code_length smallint check (code_length in (4, 6, 8)),
  -- counted before they are compared
  code_guesses smallint not null default 0 check (code_guesses between 0 and 3),
  -- null until the mail service has accepted the mail: the minute starts then
  code_expires_at timestamptz,
  check (activated_at is null or code_id is null)
) with (fillfactor = 85);

-- What an address has used up, across codes, registrations and accounts. Knows no address, only its keyed hash.
create table address_ledger (
  -- HMAC-SHA-256 of the canonical address
  address_hash bytea primary key,
  -- since the last activation
  wrong_guesses integer not null default 0,
  -- newest first, as many as the largest budget needs
  sent_at timestamptz[] not null default '{}',
  touched_at timestamptz not null default now()
) with (fillfactor = 85);

-- What still has to leave: mail requests and events, written by the statement that makes them necessary.
create table outbox (
  user_id uuid not null,
  -- UUIDv7; idempotency key of a mail, id of an event
  id uuid not null,
  topic text not null check (topic in ('mail', 'event')),
  -- mail: {"code_id"}; event: {"type", "email"}
  payload jsonb not null,
  correlation_id text not null,
  created_at timestamptz not null default now(),
  -- when it may be claimed: at once, after a back-off, or when the lease of whoever claimed it runs out
  due_at timestamptz not null default now(),
  attempts integer not null default 0,
  last_failure text,
  -- user first, because the events of one user leave in order
  primary key (user_id, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

create index outbox_due on outbox (topic, due_at);

-- Down Migration

drop table outbox;
drop table address_ledger;
drop table users;
