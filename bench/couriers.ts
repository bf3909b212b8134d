// Mails and events per second through 1, 2 and 4 couriers, each in a process of its own, on one database, from an
// outbox that is full when they begin: how does that scale, what is in the way, and does anything leave twice?
//   node bench/couriers.ts [messages of each kind] [milliseconds that mail service and receiver take]
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { createKeyring } from '../src/infrastructure/crypto/keyring.ts'
import type { Counted, Counts } from './support/counting-provider.ts'
import { cpuSeconds, databaseCpuSeconds } from './support/cpu.ts'
import { median } from './support/figures.ts'
import { say, share } from './support/report.ts'
import { end, provideDatabase, SECRET_KEY, type Service, startService } from './support/service.ts'

const MESSAGES = Number(process.argv[2] ?? 10_000)
const DELAY_MS = process.argv[3] ?? '0'
const COURIERS = [1, 2, 4]
/** Each number of couriers has its turn in each, so that a machine that slows down meanwhile slows all of them. */
const ROUNDS = 3
/** Between the filling and the moment at which all of it is due. */
const FILLING_SECONDS = 5

type Result = { mails: number; events: number; twice: number; cpu: Record<string, number> }

await using running = new AsyncDisposableStack()
const databaseUrl = process.env.DATABASE_URL ?? (await provideDatabase(running))
const databaseCpu = await databaseCpuSeconds(databaseUrl)
const provider = fork(new URL('support/counting-provider.ts', import.meta.url), {
  env: { ...process.env, DELAY_MS },
})
running.defer(() => end(provider))
const [url] = await once(provider, 'message')

const results = new Map<number, Result[]>(COURIERS.map(count => [count, []]))
for (let round = 1; round <= ROUNDS; round += 1) {
  for (const [count, all] of results) {
    const result = await measure(count)
    all.push(result)
    say(`round ${round}`, `${figures(result)} with ${count}`)
  }
}
report()

async function measure(couriers: number): Promise<Result> {
  await using now = new AsyncDisposableStack()
  const env = {
    MAIL_HTTP_URL: `${url}/mail`,
    EVENT_PUBLISHER: 'webhook',
    WEBHOOK_URL: `${url}/event`,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    LOG_LEVEL: 'error',
  }
  // One after the other, since the first one makes the schema.
  const services: Service[] = []
  for (let n = 0; n < couriers; n += 1) services.push(await startService(now, databaseUrl, env))
  await fillOutbox()
  await ask(provider, 'forget')

  const cpu = async () => ({
    couriers: services.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    database: databaseCpu(),
    'mail service': (await ask(provider, 'count')).cpuSeconds,
  })
  await until(({ mail, event }) => mail.total + event.total > 0)
  const [before, began] = [await cpu(), performance.now()]
  const counts = await until(({ mail, event }) => mail.distinct >= MESSAGES && event.distinct >= MESSAGES)
  const [after, seconds] = [await cpu(), (performance.now() - began) / 1000]
  // Whatever left twice may come in late.
  await sleep(2000)
  const { mail, event } = await ask(provider, 'count')
  return {
    mails: perSecond(counts.mail),
    events: perSecond(counts.event),
    twice: mail.total - mail.distinct + event.total - event.distinct,
    cpu: Object.fromEntries(
      (['couriers', 'database', 'mail service'] as const).map(part => [
        part,
        (after[part] - before[part]) / seconds,
      ]),
    ),
  }
}

/** The rate in between, without the beginning, in which couriers wake up, and the end, in which they run dry. */
function perSecond({ at }: Counted): number {
  const [first = 0, last = 0] = [at[Math.floor(at.length * 0.1)], at[Math.floor(at.length * 0.9)]]
  return (at.length * 0.8) / ((last - first) / 1000)
}

/** A mail and an event for each person, as registering leaves them, due all at once. */
async function fillOutbox(): Promise<void> {
  const { newCodeId } = createKeyring(SECRET_KEY)
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('truncate users, outbox, address_ledger')
  await client.query(
    `with people as (
       select gen_random_uuid() as id, 'person-' || row_number() over () || '@example.com' as email, code_id
       from unnest($1::text[]) as code_id
     ),
     registered as (
       insert into users (id, email, password_hash, locale, code_id, code_length)
       select id, email, 'none', 'en', code_id, 4 from people
     )
     insert into outbox (user_id, id, topic, payload, correlation_id, due_at)
     select id, gen_random_uuid(), 'mail', jsonb_build_object('code_id', code_id), 'bench', now() + $2::interval
     from people
     union all
     select id, gen_random_uuid(), 'event', jsonb_build_object('type', 'user.registered', 'email', email), 'bench',
       now() + $2::interval
     from people`,
    [Array.from({ length: MESSAGES }, newCodeId), `${FILLING_SECONDS} seconds`],
  )
  await client.query('vacuum analyze users, outbox')
  await client.end()
}

async function until(enough: (counts: Counts) => boolean): Promise<Counts> {
  for (;;) {
    const counts = await ask(provider, 'count')
    if (enough(counts)) return counts
    await sleep(100)
  }
}

async function ask(child: ChildProcess, what: 'count' | 'forget'): Promise<Counts> {
  const answer = once(child, 'message')
  child.send(what)
  return (await answer)[0]
}

function figures({ mails, events, twice, cpu }: Result): string {
  const used = Object.entries(cpu).map(([part, cores]) => `${part} ${cores.toFixed(2)}`)
  const rates = `${mails.toFixed(0)} mails/s, ${events.toFixed(0)} events/s, ${twice} twice`
  return `${rates}; cores used: ${used.join(', ')}`
}

function report(): void {
  say('messages', `${MESSAGES} mails and as many events, the mail service takes ${DELAY_MS} ms`)
  say('machine', `${availableParallelism()} cores for couriers, database and mail service together`)
  const one = results.get(1) ?? []
  for (const [count, all] of results) {
    const rate = (of: 'mails' | 'events'): string =>
      `${of} ${(middle(all, of) / middle(one, of)).toFixed(2)} (${middle(all, of).toFixed(0)}/s)`
    say(`${count} couriers`, `${rate('mails')}, ${rate('events')} of what one carries`)
  }
  for (const part of ['couriers', 'database', 'mail service']) {
    const each = COURIERS.map(count => {
      const perCore = (results.get(count) ?? []).map(
        ({ mails, events, cpu }) => (mails + events) / (cpu[part] ?? 0),
      )
      return `${median(perCore).toFixed(0)} with ${count}`
    })
    say(part, `messages per second of a core: ${each.join(', ')}`)
  }
  const twice = [...results.values()].flat().reduce((sum, result) => sum + result.twice, 0)
  say('left twice', `${twice} (${share(twice / (2 * MESSAGES * ROUNDS * COURIERS.length))})`)
}

function middle(all: Result[], of: 'mails' | 'events'): number {
  return median(all.map(result => result[of]))
}
