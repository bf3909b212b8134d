// A mail provider that is down for OUTAGE_SECONDS (120) while people register: what do they notice of it, what does
// the provider, and how soon and in which order do the mails arrive once it is back?
//   node bench/outage.ts [refused|500|blackhole]
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { CHEAP_HASHES } from '../test/support/settings.ts'
import { type Ask, closedLoop, type Load, openLoop, quantile, registerAs, total } from './support/load.ts'
import { type Arrival, OUTAGES, startMailProvider } from './support/mail-provider.ts'
import { displacement, rankCorrelation } from './support/order.ts'
import { say, share } from './support/report.ts'
import { withService } from './support/service.ts'

const how = OUTAGES.find(mode => mode === (process.argv[2] ?? 'refused'))
if (!how) throw new Error(`an outage is one of: ${OUTAGES.join(', ')}`)
const outageSeconds = Number(process.env.OUTAGE_SECONDS ?? 120)
const PER_SECOND = 100
/** Before and after it. */
const CALM_SECONDS = 20
/** Nobody waits longer for the mails that are left. */
const DRAIN_SECONDS = 300
const CREATED = 201

/** Addresses, in the order in which their registrations were acknowledged. */
const acknowledged: string[] = []
const register: Ask = async pool => {
  const email = `${randomUUID()}@example.com`
  const status = await registerAs(pool, email)
  if (status === CREATED) acknowledged.push(email)
  return status
}

const provider = await startMailProvider()
const env = { MAIL_HTTP_URL: provider.url, ...CHEAP_HASHES }

await withService(env, async ({ url, databaseUrl, memoryMib }) => {
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  await closedLoop(url, 8, 10)
  const before = await openLoop(url, PER_SECOND, CALM_SECONDS, register)
  await untilArrived(acknowledged.length)

  const memory = [memoryMib()]
  const waiting = acknowledged.length
  provider.fail(how)
  const during = await openLoop(url, PER_SECOND, outageSeconds, register)
  const backlog = acknowledged.slice(waiting)
  memory.push(memoryMib())
  const attempts = await attemptsIn(database)
  await provider.recover()
  const recovered = performance.now()
  const after = await openLoop(url, PER_SECOND, CALM_SECONDS, register)
  await untilArrived(acknowledged.length)
  memory.push(memoryMib())
  await database.end()

  say('outage', `${how}, ${outageSeconds} s, ${PER_SECOND} registrations/s`)
  sayRegistrations({ before, during, after })
  say(
    'attempts',
    `${attempts.all} claims of mails while it was down, ${attempts.again} of them not the first of their mail`,
  )
  sayDrain(backlog, recovered)
  sayMails()
  say('memory', `${memory[0]} MiB when it began, ${memory[1]} MiB when it ended, ${memory[2]} MiB at last`)
})
provider.close()

function sayRegistrations(loads: Record<'before' | 'during' | 'after', Load>): void {
  const usual = loads.before
  for (const [name, load] of Object.entries(loads)) {
    const created = load.answers.get(CREATED)?.length ?? 0
    const ratio = (of: number): string =>
      `p${of * 100} ${(quantile(load, CREATED, of) / quantile(usual, CREATED, of)).toFixed(2)}`
    const millis = [0.5, 0.99].map(of => quantile(load, CREATED, of).toFixed(1)).join(' and ')
    const refused = total(load) - created
    say(
      name,
      `${created} acknowledged, ${refused} not; ${ratio(0.5)}, ${ratio(0.99)} of before (${millis} ms)`,
    )
  }
}

/** What came of the mails that had to wait. */
function sayDrain(backlog: string[], recovered: number): void {
  const place = new Map(backlog.map((email, n) => [email, n]))
  const arrived = firstArrivals().filter(({ to }) => place.has(to))
  const late = arrived.filter(({ at }) => at >= recovered)
  const last = late.at(-1)?.at ?? Number.NaN
  const half = late[Math.floor(late.length / 2)]?.at ?? Number.NaN
  const seconds = (at: number): string => `${((at - recovered) / 1000).toFixed(1)} s`
  say('backlog', `${late.length} mails: first after ${seconds(late[0]?.at ?? Number.NaN)}`)
  say('drained', `half after ${seconds(half)}, all after ${seconds(last)}`)
  const order = arrived.map(({ to }) => place.get(to) ?? 0)
  const { median, p99, most } = displacement(order)
  say('order', `Spearman ${rankCorrelation(order).toFixed(4)}`)
  say('displaced', `median ${median}, p99 ${p99}, at most ${most} of ${order.length} places`)
}

function sayMails(): void {
  const known = new Set(acknowledged)
  const of = new Map<string, Arrival[]>()
  for (const mail of provider.arrivals.filter(({ to }) => known.has(to))) {
    of.set(mail.to, [...(of.get(mail.to) ?? []), mail])
  }
  const twice = [...of.values()].filter(mails => mails.length > 1)
  const differ = twice.filter(mails => new Set(mails.map(({ code, key }) => `${code} ${key}`)).size > 1)
  say('mails', `${share(of.size / acknowledged.length)} of ${acknowledged.length} addresses got theirs`)
  say('', `${twice.length} more than once, ${differ.length} of them with another code or key`)
}

/** The first mail to each address, in the order in which they arrived. */
function firstArrivals(): Arrival[] {
  const first = new Map<string, Arrival>()
  for (const mail of provider.arrivals) if (!first.has(mail.to)) first.set(mail.to, mail)
  return [...first.values()]
}

async function untilArrived(count: number): Promise<void> {
  const deadline = performance.now() + DRAIN_SECONDS * 1000
  const known = new Set(acknowledged)
  while (performance.now() < deadline) {
    if (firstArrivals().filter(({ to }) => known.has(to)).length >= count) return
    await sleep(250)
  }
}

/** What the outbox tells of the mails that it holds: no provider can count the attempts that nobody answers. */
async function attemptsIn(client: pg.Client): Promise<{ all: number; again: number }> {
  const { rows } = await client.query<{ all: number; again: number }>(
    `select coalesce(sum(attempts), 0)::int as all, coalesce(sum(greatest(attempts - 1, 0)), 0)::int as again
     from outbox where topic = 'mail'`,
  )
  return rows[0] ?? { all: Number.NaN, again: Number.NaN }
}
