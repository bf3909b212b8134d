import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { v7 as newId } from 'uuid'
import type { StoreRegistration } from '../../src/application/register-user.ts'
import type { SendsBudget } from '../../src/domain/budget.ts'
import type { User } from '../../src/domain/user.ts'
import { addressHash, createKeyring } from '../../src/infrastructure/crypto/keyring.ts'
import { type Database, openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { statementsOn as allStatementsOn } from '../../src/infrastructure/postgres/statements.ts'
import { countElsewhere } from '../../src/infrastructure/redis/count-elsewhere.ts'
import type { GuessCounter } from '../../src/infrastructure/redis/guess-counter.ts'
import { newAddress } from './client.ts'
import { createDatabase, type TestDatabase } from './database.ts'

export const keyring = createKeyring('a-key-for-statements-and-for-nothing-else')
export const hashAddress = addressHash(Buffer.from('a-ledger-key-for-statements'))

/** The budget of a test that is not about budgets. */
export const UNLIMITED: SendsBudget = { spacingSeconds: 0, perHour: 0, perDay: 0 }
export const TTL_SECONDS = 60
export const LEASE_SECONDS = 30
export const LOGIN_FAILURES_PER_DAY = 100
export const GIVE_UP_SECONDS = 3600

const quietLog = { warn: () => {} }

type Registration = Parameters<StoreRegistration>[0]

/** What the use case would store for someone who registers; a test says only what it is about. */
export const registration = (said: Partial<Registration> = {}): Registration => ({
  userId: newId(),
  email: newAddress(),
  passwordHash: '$argon2id$not-a-real-one',
  codeId: keyring.newCodeId(),
  mailId: newId(),
  eventId: newId(),
  locale: 'en',
  correlationId: randomUUID(),
  ...said,
})

/** Every statement, with the settings of the tests. */
export const statementsOn = (
  database: Database,
  sendsBudget: SendsBudget = UNLIMITED,
  traceParent: () => string | undefined = () => undefined,
) =>
  allStatementsOn(database, {
    hashAddress,
    sendsBudget,
    codeTtlSeconds: TTL_SECONDS,
    leaseSeconds: LEASE_SECONDS,
    loginFailuresPerDay: LOGIN_FAILURES_PER_DAY,
    giveUpMailAfterSeconds: GIVE_UP_SECONDS,
    traceParent,
  })

export type Statements = ReturnType<typeof statementsOn>

export type UserRow = {
  id: string
  email: string
  password_hash: string
  locale: string
  created_at: Date
  activated_at: Date | null
  code_id: string | null
  code_length: number | null
  code_guesses: number
  code_expires_at: Date | null
}
export type OutboxRow = {
  user_id: string
  id: string
  topic: 'mail' | 'event'
  payload: object
  correlation_id: string
  trace_parent: string | null
  attempts: number
  last_failure: string | null
}
export type LedgerRow = {
  wrong_guesses: number
  sent_at: Date[]
  login_failures: number
  login_failures_since: Date | null
  touched_at: Date
}

/** A user whom a test has registered, with everything that it took. */
export type Registered = Registration & { user: User }

/**
 * A database of its own with all statements on it, and ways to look at what they did and to move time. With a
 * `counter`, that counts the guesses.
 */
export const startBench = async (
  options: { budget?: SendsBudget; poolMax?: number; counter?: GuessCounter | undefined } = {},
) => {
  const test: TestDatabase = await createDatabase()
  const open = (poolMax: number): Database =>
    openDatabase({ url: test.url, poolMax, timeoutMs: 20_000, log: quietLog })
  const database = open(options.poolMax ?? 4)
  const onPostgres = statementsOn(database, options.budget)
  const statements: Statements = options.counter ? countElsewhere(options.counter, onPostgres) : onPostgres

  const register = async (said: Partial<Registration> = {}): Promise<Registered> => {
    const input = registration(said)
    const stored = await statements.storeRegistration(input)
    if (!stored.ok) throw new Error(`not registered: ${stored.refusal}`)
    return { ...input, user: stored.user }
  }

  return {
    ...test,
    database,
    open,
    statements,
    register,

    /** Registers and activates. */
    registerActive: async (said: Partial<Registration> = {}): Promise<Registered> => {
      const registered = await register(said)
      const activation = { ...registered, eventId: newId() }
      if (!(await statements.consumeCode(activation))) throw new Error('not activated')
      return registered
    },

    userOf: async (email: string): Promise<UserRow | undefined> =>
      (await test.rows<UserRow>('select * from users where email = $1', [email]))[0],

    ledgerOf: async (email: string): Promise<LedgerRow | undefined> =>
      (
        await test.rows<LedgerRow>('select * from address_ledger where address_hash = $1', [
          hashAddress(email),
        ])
      )[0],

    /** What waits in the outbox for a user, in the order of `topic`, then age. */
    outboxOf: (userId: string): Promise<OutboxRow[]> =>
      test.rows<OutboxRow>('select * from outbox where user_id = $1 order by topic, created_at', [userId]),

    /** Writes into the ledger of an address, as if that much had happened to it. */
    setLedger: (email: string, ledger: { wrongGuesses?: number; sentSecondsAgo?: number[] }) =>
      test.rows(
        `insert into address_ledger (address_hash, wrong_guesses, sent_at)
         select $1, $2, coalesce(array_agg(now() - make_interval(secs => ago) order by ago), '{}')
         from unnest($3::float8[]) as ago
         on conflict (address_hash) do update
         set wrong_guesses = excluded.wrong_guesses, sent_at = excluded.sent_at`,
        [hashAddress(email), ledger.wrongGuesses ?? 0, ledger.sentSecondsAgo ?? []],
      ),

    /** Lets the sends of an address grow older, as waiting would. */
    ageSends: (email: string, seconds: number) =>
      test.rows(
        `update address_ledger
         set sent_at = array(select sent - make_interval(secs => $2) from unnest(sent_at) as sent)
         where address_hash = $1`,
        [hashAddress(email), seconds],
      ),

    /** Starts the minute of a user's code so that it ends `seconds` from now; below 0, it is over. */
    expireCode: (userId: string, seconds: number) =>
      test.rows('update users set code_expires_at = now() + make_interval(secs => $2) where id = $1', [
        userId,
        seconds,
      ]),

    /** Makes what a user has in the outbox due `seconds` ago. */
    makeDue: (userId: string, seconds: number) =>
      test.rows('update outbox set due_at = now() - make_interval(secs => $2) where user_id = $1', [
        userId,
        seconds,
      ]),

    /** Does some work while another session holds the locks of an unfinished statement. */
    whileAnotherHolds: async (sql: string, work: () => Promise<void>): Promise<void> => {
      const other = new pg.Client({ connectionString: test.url })
      await other.connect()
      try {
        await other.query('begin')
        await other.query(sql)
        await work()
      } finally {
        await other.end()
      }
    },

    close: async (): Promise<void> => {
      await database.close()
      await test.drop()
    },
  }
}

export type Bench = Awaited<ReturnType<typeof startBench>>

/** Registrations by the thousand: for each a pending user, a ledger row, a mail and an event, all of them due. */
export const registerMany = (test: Pick<TestDatabase, 'rows'>, count: number) =>
  test.rows(
    `with people as (
       select gen_random_uuid() as id, 'many-' || n || '@example.com' as email, 'key.' || gen_random_uuid() as code_id
       from generate_series(1, $1::int) as n
     ),
     registered as (
       insert into users (id, email, password_hash, locale, code_id, code_length)
       select id, email, 'hash', 'en', code_id, 4 from people
     ),
     charged as (
       insert into address_ledger (address_hash, sent_at)
       select sha256(email::bytea), array[now()] from people
     )
     insert into outbox (user_id, id, topic, payload, correlation_id)
     select id, gen_random_uuid(), 'mail', jsonb_build_object('code_id', code_id), 'many' from people
     union all
     select id, gen_random_uuid(), 'event', jsonb_build_object('type', 'user.registered', 'email', email), 'many'
     from people`,
    [count],
  )
