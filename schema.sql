-- The schema that the migrations make. Written by: npm run schema. Compared by test/postgres/schema.test.ts.

create table address_ledger (
  address_hash bytea not null,
  wrong_guesses integer default 0 not null,
  sent_at timestamp with time zone[] default '{}'::timestamp with time zone[] not null,
  touched_at timestamp with time zone default now() not null,
  login_failures integer default 0 not null,
  login_failures_since timestamp with time zone,
  constraint address_ledger_pkey PRIMARY KEY (address_hash)
) with (fillfactor=85);

create table ledger_key (
  singleton boolean default true not null,
  sealed bytea not null,
  constraint ledger_key_pkey PRIMARY KEY (singleton),
  constraint ledger_key_singleton_check CHECK (singleton)
);

create table outbox (
  user_id uuid not null,
  id uuid not null,
  topic text not null,
  payload jsonb not null,
  correlation_id text not null,
  created_at timestamp with time zone default now() not null,
  due_at timestamp with time zone default now() not null,
  attempts integer default 0 not null,
  last_failure text,
  trace_parent text,
  constraint outbox_pkey PRIMARY KEY (user_id, id),
  constraint outbox_topic_check CHECK ((topic = ANY (ARRAY['mail'::text, 'event'::text])))
) with (fillfactor=70, autovacuum_vacuum_scale_factor=0.05, autovacuum_vacuum_threshold=1000);

CREATE INDEX outbox_due ON public.outbox USING btree (topic, due_at);

create table users (
  id uuid not null,
  email text not null,
  password_hash text not null,
  locale text not null,
  created_at timestamp with time zone default now() not null,
  activated_at timestamp with time zone,
  code_id text,
  code_length smallint,
  code_guesses smallint default 0 not null,
  code_expires_at timestamp with time zone,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_key UNIQUE (email),
  constraint users_check CHECK (((activated_at IS NULL) OR (code_id IS NULL))),
  constraint users_code_guesses_check CHECK (((code_guesses >= 0) AND (code_guesses <= 3))),
  constraint users_code_length_check CHECK ((code_length = ANY (ARRAY[4, 6, 8])))
) with (fillfactor=85);

CREATE INDEX users_pending ON public.users USING btree (created_at) WHERE (activated_at IS NULL);
