import { randomBytes } from 'node:crypto'
import { addressHash } from '../../src/infrastructure/crypto/keyring.ts'
import { openDatabase } from '../../src/infrastructure/postgres/database.ts'
import type { Statements } from '../../src/infrastructure/postgres/statements.ts'
import type { StageDatabase } from './stage.ts'
import { benchStatements } from './statements.ts'

/** As many as src/application/purge.ts takes at once, and as a courier does. */
const PURGE_BATCH = 500
const CARRIED_AT_ONCE = 100
const BATCHES = 20

/** Milliseconds of each batch. No service may run on the database meanwhile: it would do the same. */
export type Maintenance = { purge: number[]; ledger: number[]; claim: number[]; settle: number[] }

/**
 * Times what the service does beside requests: deletes registrations that are over, walks along the ledger, and
 * takes mails from an outbox in which so many wait.
 */
export const timeMaintenance = async (
  { client, url }: StageDatabase,
  waitingMails: number,
): Promise<Maintenance> => {
  const database = openDatabase({ url, poolMax: 2, timeoutMs: 20_000, log: { warn: () => {} } })
  const statements = benchStatements(database, addressHash(randomBytes(32)))
  const times: Maintenance = { purge: [], ledger: [], claim: [], settle: [] }

  await client.query(
    `insert into users (id, email, password_hash, locale, created_at)
     select uuidv7(), 'over.' || md5(n::text) || '@example.com', repeat('h', 97), 'en', now() - interval '25 hours'
     from generate_series(1, $1::int) as n`,
    [PURGE_BATCH * BATCHES],
  )
  await client.query(
    `insert into outbox (user_id, id, topic, payload, correlation_id)
     select id, uuidv7(), 'mail', '{}', 'bench'
     from (select id from users where activated_at is not null limit $1) as people,
       generate_series(1, ceil($1::float8 / (select count(*) from users where activated_at is not null))::int)
     limit $1`,
    [waitingMails],
  )
  await client.query('vacuum (analyze) users, outbox')

  let after: Buffer | undefined
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await timed(times.purge, () => statements.purgePending(PURGE_BATCH))
    after = await timed(times.ledger, () => statements.purgeLedger(after))
    const claimed = await timed(times.claim, () =>
      statements.claimMessages({ mail: CARRIED_AT_ONCE, event: 0 }),
    )
    await timed(times.settle, () => statements.settleMessages(claimed.map(accepted)))
  }
  await client.query('truncate outbox')
  await database.close()
  return times
}

type Claimed = Awaited<ReturnType<Statements['claimMessages']>>[number]

const accepted = ({ userId, id, attempts }: Claimed) => ({
  userId,
  id,
  attempts,
  result: 'accepted' as const,
  secondsAgo: 0,
})

const timed = async <Result>(times: number[], work: () => Promise<Result>): Promise<Result> => {
  const start = performance.now()
  const result = await work()
  times.push(performance.now() - start)
  return result
}
