import type pg from 'pg'

/** As long as a hash with the default parameters. */
const HASH = `'$argon2id$v=19$m=19456,t=2,p=1$' || substr(md5(id::text), 1, 22) || '$' || substr(md5(email) || md5(id::text), 1, 43)`

const STATEMENTS = [
  // Ids in the order of time, as the service makes them; addresses and their hashes in no order.
  `create temporary table people as
     select uuidv7() as id, 'person.' || substr(md5(n::text), 1, 9) || n || '@example.com' as email
     from generate_series(1, $people) as n`,
  `insert into users (id, email, password_hash, locale, activated_at)
     select id, email, ${HASH}, 'en', now() from people`,
  `insert into address_ledger (address_hash, sent_at) select sha256(email::bytea), array[now()] from people`,
  // A moment's outbox: as many messages as have just come in.
  `insert into outbox (user_id, id, topic, payload, correlation_id)
     select id, uuidv7(), topic, '{"type": "user.registered", "email": "person@example.com"}', gen_random_uuid()
     from (select id from people limit 1000), unnest(array['mail', 'event']) as topic`,
  'drop table people',
  'vacuum (analyze) users, address_ledger, outbox',
]

/** As full as an index is on average that has grown by keys in no order (Yao 1978: ln 2), so that it splits like one. */
const GROWN_PERCENT = 69
const RANDOM_KEYS = ['users_email_key', 'address_ledger_pkey']

/**
 * The same, for so many people that adding each to the indexes would take too long: they are made anew when all
 * are there. Nothing is put into the outbox.
 */
export const fillWithManyPeople = async (client: pg.Client, people: number): Promise<void> => {
  const { rows: constraints } = await client.query<{ table: string; name: string; definition: string }>(
    `select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
     from pg_constraint
     where contype in ('p', 'u') and conrelid in ('users'::regclass, 'address_ledger'::regclass)`,
  )
  await client.query("set synchronous_commit = off; set maintenance_work_mem = '512MB'")
  for (const { table, name } of constraints)
    await client.query(`alter table ${table} drop constraint ${name}`)
  for (const statement of STATEMENTS) {
    const many = !statement.includes('insert into outbox') && !statement.startsWith('vacuum')
    if (many) await client.query(statement.replace('$people', String(people)))
  }
  for (const { table, name, definition } of constraints) {
    const full = RANDOM_KEYS.includes(name) ? ` with (fillfactor = ${GROWN_PERCENT})` : ''
    await client.query(`alter table ${table} add constraint ${name} ${definition}${full}`)
  }
  await client.query('vacuum (analyze) users, address_ledger')
  await client.query('checkpoint')
  await client.query('reset synchronous_commit; reset maintenance_work_mem')
}

/** Fills a database with active users, as if each had registered within the last two days. */
export const fillWithPeople = async (client: pg.Client, people: number): Promise<void> => {
  for (const statement of STATEMENTS) await client.query(statement.replace('$people', String(people)))
}

/** Bytes of each table and index that grows with them. */
export const bytesOfPeople = async (client: pg.Client): Promise<Record<string, number>> => {
  const { rows } = await client.query<{ name: string; bytes: number }>(
    `select relname || case relkind when 'i' then ' (index)' else '' end as name,
       pg_relation_size(pg_class.oid)::float8 as bytes
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname = 'public' and relkind in ('r', 'i') and relname ~ '^(users|address_ledger)'
     order by relname`,
  )
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]))
}
