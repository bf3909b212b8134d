// node bench/enumeration.ts [samples] [registrations|logins|uneven]
// Does the time of an answer tell what an address is here? Real app, real Argon2id parameters, one request at a
// time, kinds of address in shuffled order. On the PostgreSQL of TEST_DATABASE_URL if that is set, else on an
// embedded one.
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { v7 as newId } from 'uuid'
import { createRecentAddresses } from '../src/application/recent-addresses.ts'
import { createUseCases } from '../src/application/use-cases.ts'
import { createServer } from '../src/http/server.ts'
import { createAdmission } from '../src/infrastructure/crypto/hash-admission.ts'
import { addressHash, createKeyring, sameCode } from '../src/infrastructure/crypto/keyring.ts'
import { createPasswordHashing } from '../src/infrastructure/crypto/password-hashing.ts'
import { openDatabase } from '../src/infrastructure/postgres/database.ts'
import { provideLedgerKey } from '../src/infrastructure/postgres/ledger-key.ts'
import { statementsOn } from '../src/infrastructure/postgres/statements.ts'
import { startApp, TEST_SECRET_KEY } from '../test/support/app.ts'
import { type Answer, createClient, newAddress, PASSWORD } from '../test/support/client.ts'
import { createDatabase, createTemplate, type TestDatabase } from '../test/support/database.ts'
import { registration } from '../test/support/fixtures.ts'
import { noLimit } from '../test/support/limits.ts'
import { withServer } from '../test/support/server.ts'
import { DEFAULT_BUDGET } from '../test/support/settings.ts'
import { quartiles, rankTest } from './support/rank-test.ts'

const ARGON2 = { memoryKib: 19_456, passes: 2 }
const REAL_HASHES = { ARGON2_MEMORY_KIB: String(ARGON2.memoryKib), ARGON2_PASSES: String(ARGON2.passes) }
const WARM_UP = 15
const samples = Number(process.argv[2] ?? 300)
const wanted = process.argv[3]

const quiet = { warn: () => {} }
const print = (line = ''): void => void process.stdout.write(`${line}\n`)

await withServer(async url => {
  process.env.TEST_DATABASE_URL = url
  await createTemplate(url)
  const database = await createDatabase()
  const parts = await realParts(database)
  print(`${samples} samples of each, Argon2id m=${ARGON2.memoryKib} t=${ARGON2.passes}, milliseconds`)
  const comparisons = { registrations, logins, uneven: unevenRegistrations }
  for (const [name, comparison] of Object.entries(comparisons)) {
    if (wanted === undefined || wanted === name) await comparison(database, parts)
  }
  await parts.pool.close()
  await database.drop()
})

/** (a) What everybody sees of a registration. */
async function registrations(database: TestDatabase, { prepare }: RealParts): Promise<void> {
  const kinds = await registrationKinds(prepare)
  const app = await startApp({ database, env: { HIDE_REGISTERED_EMAILS: 'true', ...REAL_HASHES } })
  const client = createClient(app.url)
  await compare('POST /users, HIDE_REGISTERED_EMAILS=true', kinds, 202, client.register)
  await app.stop()
}

/** (b) What everybody sees of a login that fails. */
async function logins(database: TestDatabase, { prepare }: RealParts): Promise<void> {
  const kinds = {
    unknown: await prepare('free'),
    'wrong password, active': await prepare('active'),
    'wrong password, pending': await prepare('live'),
  }
  const app = await startApp({ database, env: REAL_HASHES })
  const client = createClient(app.url)
  await compare('GET /users/me', kinds, 401, email => client.me(email, 'Wrong-Horse-7'))
  await app.stop()
}

/** (a) as it would be if answers were given as soon as the work is done. No mail is handed over meanwhile. */
async function unevenRegistrations(_: TestDatabase, { prepare, useCases }: RealParts): Promise<void> {
  const kinds = await registrationKinds(prepare)
  const server = await createServer({
    useCases,
    languages: ['en'],
    web: {
      publicUrl: 'http://localhost',
      sender: '',
      subject: () => '',
      mailboxUrl: undefined,
      afterActivationUrl: undefined,
    },
    isDraining: () => false,
    databaseAnswers: async () => true,
    hasRoomToHash: () => true,
    log: pino({ level: 'silent' }),
    observeRequest: () => {},
    traceRequest: undefined,
    trustProxy: false,
    publicUrl: 'http://localhost:8000',
    docs: false,
    version: '0',
  })
  await server.listen({ host: '127.0.0.1', port: 0 })
  const client = createClient(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`)
  await compare('POST /users, HIDE_REGISTERED_EMAILS=true, not evened out', kinds, 202, client.register)
  await server.close()
}

type Prepare = (kind: 'free' | 'live' | 'dead' | 'active') => Promise<string[]>
type RealParts = Awaited<ReturnType<typeof realParts>>

async function registrationKinds(prepare: Prepare): Promise<Record<string, string[]>> {
  return {
    free: await prepare('free'),
    'pending, live': await prepare('live'),
    'pending, dead': await prepare('dead'),
    active: await prepare('active'),
  }
}

async function realParts(database: TestDatabase) {
  const pool = openDatabase({ url: database.url, poolMax: 10, timeoutMs: 20_000, log: quiet })
  const keyring = createKeyring(TEST_SECRET_KEY)
  const statements = statementsOn(pool, {
    hashAddress: addressHash(await provideLedgerKey(pool, TEST_SECRET_KEY, undefined)),
    sendsBudget: DEFAULT_BUDGET,
    loginFailuresPerDay: 100,
    codeTtlSeconds: 60,
    leaseSeconds: 30,
    giveUpMailAfterSeconds: 3600,
    traceParent: () => undefined,
  })
  const { admit } = createAdmission({ concurrency: 2, queueMs: 60_000 })
  const hashing = await createPasswordHashing(admit, ARGON2)
  const hashed = await hashing.hashPassword(PASSWORD)
  if (!hashed.ok) throw new Error(hashed.refusal)

  /** As many addresses of a kind as a comparison needs, each of which may be sent mail. */
  const prepare: Prepare = async kind => {
    const people = Array.from({ length: samples + WARM_UP }, () =>
      registration({ email: newAddress(), passwordHash: hashed.phc }),
    )
    if (kind === 'free') return people.map(({ email }) => email)
    for (const person of people) await statements.storeRegistration(person)
    const state = {
      live: `code_expires_at = now() + interval '1 day'`,
      dead: 'code_expires_at = now()',
      active: 'activated_at = now(), code_id = null, code_length = null',
    }[kind]
    const ids = people.map(({ userId }) => userId)
    await database.rows(`update users set ${state} where id = any($1)`, [ids])
    await database.rows('delete from outbox where user_id = any($1)', [ids])
    await database.rows(`update address_ledger set sent_at = array[now() - interval '3 hours']`)
    await database.rows('analyze')
    return people.map(({ email }) => email)
  }

  const useCases = createUseCases(
    {
      ...statements,
      ...hashing,
      registrationsPerNetwork: noLimit,
      wrongGuessesPerNetwork: noLimit,
      loginFailuresPerAddressAndNetwork: noLimit,
      loginFailuresPerNetwork: noLimit,
      recentAddresses: createRecentAddresses(),
      newId,
      newCodeId: keyring.newCodeId,
      deriveCode: keyring.deriveCode,
      sameCode,
      wakeCourier: () => {},
      evenOut: async () => {},
      now: () => performance.now(),
      audit: () => {},
    },
    { hideRegisteredEmails: true },
  )
  return { pool, prepare, useCases }
}

/** Asks once for each address, in shuffled order, and prints what the times tell. */
async function compare(
  title: string,
  kinds: Record<string, string[]>,
  status: number,
  ask: (email: string) => Promise<Answer>,
): Promise<void> {
  const times = new Map(Object.keys(kinds).map(kind => [kind, [] as number[]]))
  const measure = async ({ kind, email }: { kind: string; email: string }): Promise<void> => {
    const since = performance.now()
    const answer = await ask(email)
    times.get(kind)?.push(performance.now() - since)
    if (answer.status !== status) throw new Error(`${kind}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
  const all = Object.entries(kinds).flatMap(([kind, emails]) => emails.map(email => ({ kind, email })))
  const first = new Set(Object.values(kinds).flatMap(emails => emails.slice(0, WARM_UP)))
  for (const request of all.filter(({ email }) => first.has(email))) await measure(request)
  for (const kept of times.values()) kept.length = 0
  for (const request of shuffled(all.filter(({ email }) => !first.has(email)))) await measure(request)

  print(`\n${title}\n${''.padEnd(28)}     q1  median      q3`)
  for (const [kind, sample] of times) {
    print(
      `  ${kind.padEnd(26)} ${quartiles(sample)
        .map(value => value.toFixed(2).padStart(7))
        .join(' ')}`,
    )
  }
  print(`${''.padEnd(52)}       U       z       p  P(X<Y)`)
  const samplesOf = [...times]
  for (const [n, [kind, sample]] of samplesOf.entries()) {
    for (const [other, otherSample] of samplesOf.slice(n + 1)) {
      const { u, z, p, effect } = rankTest(sample, otherSample)
      const figures = [u.toFixed(0), z.toFixed(2), p.toFixed(4), effect.toFixed(3)]
      print(`  ${`${kind} : ${other}`.padEnd(50)} ${figures.map(figure => figure.padStart(7)).join(' ')}`)
    }
  }
}

function shuffled<T>(list: T[]): T[] {
  return list
    .map(value => ({ value, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ value }) => value)
}
