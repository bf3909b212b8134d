// What the database has to do for each person: on a million of them, how large the rows and indexes are, what a
// registration and an activation write, and which plans the statements get. Fails if one of a request reads a whole
// table.
//   node bench/database.ts [people] [--plans]
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { v7 as newId } from 'uuid'
import { addressHash, createKeyring } from '../src/infrastructure/crypto/keyring.ts'
import { type Database, openDatabase } from '../src/infrastructure/postgres/database.ts'
import { migrateUp } from '../src/infrastructure/postgres/migrate.ts'
import { bytesOfPeople, fillWithPeople } from './support/people.ts'
import { openExplainingDatabase, scansOf } from './support/plans.ts'
import { say } from './support/report.ts'
import { provideDatabase, SECRET_KEY } from './support/service.ts'
import { benchStatements } from './support/statements.ts'

const PEOPLE = Number(process.argv[2] ?? 1_000_000)
const SAMPLE = 2000
const AT_ONCE = 8
const BATCH = 50

await using running = new AsyncDisposableStack()
const url = process.env.DATABASE_URL ?? (await provideDatabase(running))
await migrateUp(url)
const keyring = createKeyring(SECRET_KEY)
const hashAddress = addressHash(Buffer.from('a-ledger-key-for-benchmarks'))
const client = new pg.Client({ connectionString: url })
await client.connect()
running.defer(() => client.end())

const statementsOn = (database: Database) => benchStatements(database, hashAddress)
type Statements = ReturnType<typeof statementsOn>

await fillWithPeople(client, PEOPLE)
await saySizes()
const whole = await sayPlans()
await sayWrites()
if (whole.length > 0) throw new Error(`whole tables are read by: ${whole.join(', ')}`)

/** Bytes of each table and index, by row. */
async function saySizes(): Promise<void> {
  for (const [name, bytes] of Object.entries(await bytesOfPeople(client))) {
    say('size', `${name}: ${(bytes / PEOPLE).toFixed(0)} bytes a row`)
  }
}

/** Runs each statement once; returns those of requests that read a whole table. */
async function sayPlans(): Promise<string[]> {
  const { on, plans } = await openExplainingDatabase(url)
  const statements = statementsOn(on)
  const somebody = await register(statements)
  await statements.storeRegistration({ ...newPerson(), email: somebody.email })
  await statements.findAccount(somebody.email)
  await statements.countLoginFailure(somebody.email)
  await statements.renewPasswordHash({
    userId: somebody.userId,
    from: somebody.passwordHash,
    to: somebody.passwordHash,
  })
  await statements.countGuess(somebody.user)
  await statements.explainDeadCode(somebody.userId)
  const codeId = keyring.newCodeId()
  await statements.replaceCode({ ...somebody, codeId, mailId: newId() })
  await statements.consumeCode({ ...somebody, codeId, eventId: newId() })
  const requests = plans.length
  await carry(statements)
  await statements.purgePending(100)
  await statements.purgeLedger(undefined)
  await on.close()
  for (const plan of plans) {
    say(plan.statement, '')
    const lines = process.argv.includes('--plans') ? plan.lines : scansOf(plan)
    for (const line of lines) say('', line)
  }
  const hot = plans.slice(0, requests).filter(({ readsWholeTable }) => readsWholeTable)
  return hot.map(({ statement }) => statement)
}

/** What a person costs in write-ahead log, commits and fsyncs: right after a checkpoint, and later. */
async function sayWrites(): Promise<void> {
  const database = openDatabase({ url, poolMax: AT_ONCE, timeoutMs: 20_000, log: { warn: () => {} } })
  const statements = statementsOn(database)
  while ((await carry(statements)) > 0);
  for (const when of ['after a checkpoint', 'again']) {
    if (when === 'after a checkpoint') await client.query('checkpoint')
    const people: Awaited<ReturnType<typeof register>>[] = []
    await written(`registering, ${when}`, () =>
      eachOf(SAMPLE, async () => void people.push(await register(statements))),
    )
    await written(`their mails and events, ${when}`, async () => {
      while ((await carry(statements)) > 0);
    })
    await written(`activating, ${when}`, () =>
      eachOf(SAMPLE, async n => {
        const person = people[n]
        if (!person) return
        await statements.findAccount(person.email)
        await statements.countGuess(person.user)
        await statements.consumeCode({ ...person, eventId: newId() })
      }),
    )
    await written(`those events, ${when}`, async () => {
      while ((await carry(statements)) > 0);
    })
  }
  await database.close()
}

async function written(what: string, work: () => Promise<unknown>): Promise<void> {
  const read = async () => {
    // Other sessions report what they did at the latest a second after they have gone quiet.
    await client.query('select pg_sleep(1.5)')
    const { rows } = await client.query<{ bytes: number; images: number; fsyncs: number; commits: number }>(
      `select
         (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as bytes,
         (select wal_fpi from pg_stat_wal)::float8 as images,
         (select sum(fsyncs) from pg_stat_io where object = 'wal')::float8 as fsyncs,
         (select xact_commit from pg_stat_database where datname = current_database())::float8 as commits`,
    )
    return rows[0] ?? { bytes: Number.NaN, images: Number.NaN, fsyncs: Number.NaN, commits: Number.NaN }
  }
  const before = await read()
  await work()
  const after = await read()
  const each = (of: keyof typeof before): number => (after[of] - before[of]) / SAMPLE
  say(
    what,
    `${each('bytes').toFixed(0)} bytes of WAL each, ${each('images').toFixed(2)} page images, ${each('commits').toFixed(2)} commits, ${each('fsyncs').toFixed(2)} fsyncs`,
  )
}

async function eachOf(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

function newPerson() {
  return {
    userId: newId(),
    email: `new.${randomUUID().slice(0, 13)}@example.com`,
    passwordHash: `$argon2id$v=19$m=19456,t=2,p=1$${'s'.repeat(22)}$${'h'.repeat(43)}`,
    codeId: keyring.newCodeId(),
    mailId: newId(),
    eventId: newId(),
    locale: 'en',
    correlationId: randomUUID(),
  }
}

async function register(statements: Statements) {
  const person = newPerson()
  const stored = await statements.storeRegistration(person)
  if (!stored.ok) throw new Error(`not registered: ${stored.refusal}`)
  return { ...person, user: stored.user }
}

/** What a courier does with a batch; returns how many messages it had. */
async function carry(statements: Statements): Promise<number> {
  const claimed = await statements.claimMessages({ mail: BATCH, event: BATCH })
  const settlements = claimed.map(({ userId, id, attempts }) => ({
    userId,
    id,
    attempts,
    result: 'accepted' as const,
    secondsAgo: 0,
  }))
  await statements.settleMessages(settlements)
  return claimed.length
}
