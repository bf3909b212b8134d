// How much one instance does: registrations and activations per second with the default hashes and with cheap ones,
// and what of it is processor time of the service and of the database.
//   node bench/capacity.ts [seconds of each]
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Pool } from 'undici'
import { createKeyring } from '../src/infrastructure/crypto/keyring.ts'
import { CHEAP_HASHES } from '../test/support/settings.ts'
import { cpuSeconds, databaseCpuSeconds } from './support/cpu.ts'
import { type Ask, closedLoop, perSecond, register } from './support/load.ts'
import { say } from './support/report.ts'
import { SECRET_KEY, type Service, withService } from './support/service.ts'

const SECONDS = Number(process.argv[2] ?? 15)
const CLIENTS = 8
const CREATED = 201
const OK = 200
/** Codes that are still good when it is their turn; events that go nowhere, since where they go is not measured. */
const SETTINGS = { CODE_TTL_SECONDS: '3600', EVENT_PUBLISHER: 'none', HASH_QUEUE_MS: '60000' }

say('machine', `${availableParallelism()} cores for service, database and clients together`)
for (const [hashes, env] of Object.entries({ default: {}, cheap: CHEAP_HASHES })) {
  await withService({ ...SETTINGS, ...env }, async service => {
    const cpu = {
      service: () => cpuSeconds(service.pid),
      database: await databaseCpuSeconds(service.databaseUrl),
    }
    await closedLoop(service.url, CLIENTS, 3)
    const idle = service.memoryMib()
    await measure('registrations', SECONDS, register, CREATED)
    const codes = await codesOf(service)
    // For less long, since there are only as many codes as there were registrations.
    await measure('activations', SECONDS / 2, pool => activate(pool, codes.pop()), OK)
    say('memory', `${idle} MiB before, ${service.memoryMib()} MiB after`)

    async function measure(what: string, seconds: number, ask: Ask, status: number): Promise<void> {
      const before = { service: cpu.service(), database: cpu.database() }
      const load = await closedLoop(service.url, CLIENTS, seconds, ask)
      await untilCarried(service)
      const done = perSecond(load, status) * seconds
      const each = (part: 'service' | 'database'): string =>
        `${(((cpu[part]() - before[part]) / done) * 1000).toFixed(2)} ms of ${part}`
      say(
        what,
        `${perSecond(load, status).toFixed(0)}/s with ${hashes} hashes: ${each('service')}, ${each('database')}`,
      )
      const others = [...load.answers].filter(([other]) => other !== status)
      if (others.length > 0)
        say('', `and ${others.map(([other, took]) => `${took.length} × ${other}`).join(', ')}`)
    }
  })
}

type Code = { email: string; code: string | undefined }

/** The codes that are live: they can be derived again by whoever has the key and the database. */
async function codesOf({ databaseUrl }: Service): Promise<Code[]> {
  const { deriveCode } = createKeyring(SECRET_KEY)
  const rows = await query<{ email: string; code_id: string; code_length: number }>(
    databaseUrl,
    'select email, code_id, code_length from users where code_expires_at > now()',
  )
  return rows.map(({ email, code_id, code_length }) => ({ email, code: deriveCode(code_id, code_length) }))
}

async function activate(pool: Pool, someone: Code | undefined): Promise<number> {
  if (!someone) {
    await sleep(100)
    return Number.NaN
  }
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/users/activate',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${someone.email}:Correct-Horse-7`).toString('base64')}`,
    },
    body: JSON.stringify({ code: someone.code }),
  })
  await body.dump()
  return statusCode
}

/** The mails and events of a load are part of what it costs. */
async function untilCarried({ databaseUrl }: Service): Promise<void> {
  while ((await query(databaseUrl, 'select from outbox limit 1')).length > 0) await sleep(100)
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<Row>(text)
  await client.end()
  return rows
}
