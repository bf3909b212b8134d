import type { PurgeLedger, PurgePending } from '../../application/purge.ts'
import type { Database } from './database.ts'
import { CODE_IS_DEAD } from './ledger-sql.ts'

/**
 * A registration whose code is live or on its way is not over, however old it is. What is locked is in use;
 * whoever uses it finds it again or does not.
 */
const PENDING = {
  name: 'purge-pending',
  text: `
with over as materialized (
  select id from users
  where activated_at is null and created_at < now() - interval '24 hours' and ${CODE_IS_DEAD}
  order by created_at
  limit $1
  for update skip locked
)
delete from users using over
where users.id = over.id
returning users.id, users.email`,
}

/** Rows of the ledger that are looked at together. */
const STRETCH = 10_000

/**
 * A row without wrong guesses means nothing once its sends and failed logins are older than a day, and no
 * pending user needs it to put its sends into order. One with wrong guesses is kept for more than a year after
 * anything last happened to the address: the bound on guessing is one for each year. Walking along the key
 * needs no index on the time, which every write would have to maintain.
 */
const LEDGER = {
  name: 'purge-ledger',
  text: `
with stretch as materialized (
  select address_hash from address_ledger
  where address_hash > $1
  order by address_hash
  limit ${STRETCH}
),
deleted as (
  delete from address_ledger
  where address_hash > $1
    and address_hash <= (select address_hash from stretch order by address_hash desc limit 1)
    and touched_at < now() - case wrong_guesses when 0 then make_interval(secs => $2) else interval '400 days' end
)
select address_hash from stretch order by address_hash offset ${STRETCH} - 1`,
}

const DAY_SECONDS = 86_400

export const purgePending =
  (database: Database): PurgePending =>
  async batch => {
    const rows = await database.query<{ id: string; email: string }>(PENDING, [batch])
    return rows.map(({ id, email }) => ({ userId: id, email }))
  }

/** `longestWaitSeconds`: how long a mail may be on its way, for which its pending user is not purged. */
export const purgeLedger =
  (database: Database, longestWaitSeconds: number): PurgeLedger =>
  async after => {
    const idleSeconds = 2 * DAY_SECONDS + longestWaitSeconds
    const [end] = await database.query<{ address_hash: Buffer }>(LEDGER, [
      after ?? Buffer.alloc(0),
      idleSeconds,
    ])
    return end?.address_hash
  }
