// What metrics and traces cost: registrations per second with both, with metrics alone and with neither, from
// services that take turns in one run, as a ratio; and the CPU that each takes, which other work on the machine
// changes less.
//   node bench/observability.ts [seconds of each turn] [turns]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '../src/infrastructure/embedded/free-port.ts'
import { cpuSeconds } from './support/cpu.ts'
import { median } from './support/figures.ts'
import { closedLoop, perSecond } from './support/load.ts'
import { say, share } from './support/report.ts'
import { end, provideDatabase, startService } from './support/service.ts'

const SECONDS = Number(process.argv[2] ?? 5)
const TURNS = Number(process.argv[3] ?? 6)
const CLIENTS = 8
const WARM_UP_SECONDS = 3
const CREATED = 201

/** Cheap ones leave all else to be measured; with the default ones it is what a registration really is. */
const HASHES = {
  'cheap hashes': { ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1' },
  'default hashes': {},
}

/** Registrations per second, and seconds of CPU that the service took for each, its mail included. */
type Turn = { rate: number; cpu: number }

await using running = new AsyncDisposableStack()
const databaseUrl = process.env.DATABASE_URL ?? (await provideDatabase(running))
const [mailUrl, collectorUrl] = [await startSink(), await startSink()]

for (const [name, hashes] of Object.entries(HASHES)) await compare(name, hashes)

async function compare(name: string, hashes: Record<string, string>): Promise<void> {
  await using now = new AsyncDisposableStack()
  const common = { MAIL_HTTP_URL: mailUrl, EVENT_PUBLISHER: 'none', LOG_LEVEL: 'error', ...hashes }
  const metrics = async () => ({ METRICS_PORT: String(await freePort()) })
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }
  // One after the other, since the first one makes the schema.
  const services = {
    off: await startService(now, databaseUrl, common),
    metrics: await startService(now, databaseUrl, { ...common, ...(await metrics()) }),
    'metrics, traces': await startService(now, databaseUrl, { ...common, ...(await metrics()), ...traces }),
    '10 % of traces': await startService(now, databaseUrl, {
      ...common,
      ...(await metrics()),
      ...traces,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    }),
  }
  const turns = new Map<string, Turn[]>()
  for (const { url } of Object.values(services)) await closedLoop(url, CLIENTS, WARM_UP_SECONDS)
  for (let turn = 0; turn < TURNS; turn += 1) {
    // There and back again, so that a machine that slows down slows all of them.
    const order = turn % 2 === 0 ? Object.entries(services) : Object.entries(services).toReversed()
    for (const [kind, { url, pid }] of order) {
      const before = cpuSeconds(pid)
      const load = await closedLoop(url, CLIENTS, SECONDS)
      const cpu = (cpuSeconds(pid) - before) / (load.answers.get(CREATED)?.length ?? 0)
      turns.set(kind, [...(turns.get(kind) ?? []), { rate: perSecond(load, CREATED), cpu }])
    }
  }
  const off = turns.get('off') ?? []
  say(name, `${TURNS} turns of ${SECONDS} s, ${CLIENTS} clients; of each, the median`)
  for (const [kind, all] of turns) {
    const ratio = (of: keyof Turn) =>
      share(median(all.map((turn, n) => turn[of] / (off[n]?.[of] ?? Number.NaN))))
    const ms = (median(all.map(({ cpu }) => cpu)) * 1000).toFixed(2)
    const rate = median(all.map(({ rate }) => rate)).toFixed(0)
    say(kind, `${rate}/s (${ratio('rate')}), ${ms} ms of CPU for each (${ratio('cpu')})`)
  }
}

async function startSink(): Promise<string> {
  const script = fileURLToPath(new URL('support/mail-sink.ts', import.meta.url))
  const sink = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  running.defer(() => end(sink))
  const [url] = await once(sink.stdout.setEncoding('utf8'), 'data')
  return String(url).trim()
}
