import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/postgres.ts'
import { memoryMib } from './cpu.ts'

export type Service = {
  url: string
  databaseUrl: string
  pid: number
  /** Resident memory of the process in MiB, where the system tells (Linux). */
  memoryMib: () => number
}

export const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The arguments of what `npm start` runs, in whichever folder; with another `program`, that one instead. */
export const startArguments = (program?: string): string[] => {
  const { scripts } = JSON.parse(readFileSync(pathOf('../../package.json'), 'utf8'))
  const [, ...words] = scripts.start.split(' ') as string[]
  const main = words.findIndex(word => word.endsWith('.ts'))
  const flags = words.slice(0, main)
  return program ? [...flags, program] : [...flags, pathOf(`../../${words[main]}`), ...words.slice(main + 1)]
}

export const SECRET_KEY = 'a-key-for-benchmarks-and-for-nothing-but-benchmarks'

/** Everything on, as in production; only the limits are raised, since all load comes from one machine. */
const SETTINGS = {
  NODE_ENV: 'production',
  SECRET_KEY,
  MIGRATE_ON_START: 'true',
  METRICS_PORT: '0',
  MAIL_TRANSPORT: 'http',
  MAIL_HTTP_PROVIDER: 'webhook',
  LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '0',
  LIMIT_GUESSES_PER_NETWORK_PER_HOUR: '0',
  LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR: '0',
}

/**
 * Does some work on the real command, as a process of its own, on a real PostgreSQL (DATABASE_URL, or an embedded
 * one) and a mail service in a third process.
 */
export const withService = async (
  env: Record<string, string>,
  work: (service: Service) => Promise<void>,
): Promise<void> => {
  await using running = new AsyncDisposableStack()
  const databaseUrl = process.env.DATABASE_URL ?? (await provideDatabase(running))
  const sink = spawn(process.execPath, [pathOf('mail-sink.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  running.defer(() => end(sink))
  const [mailUrl] = await once(sink.stdout.setEncoding('utf8'), 'data')

  await work(await startService(running, databaseUrl, { MAIL_HTTP_URL: String(mailUrl).trim(), ...env }))
}

/** The real command, or another one, which is ready when this returns, and ended with `running`. */
export const startService = async (
  running: AsyncDisposableStack,
  databaseUrl: string,
  env: Record<string, string>,
  command = startArguments(),
): Promise<Service> => {
  const port = await freePort()
  const service = spawn(process.execPath, command, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...SETTINGS, DATABASE_URL: databaseUrl, PORT: String(port), ...env },
  })
  running.defer(() => end(service))
  const url = `http://127.0.0.1:${port}`
  await untilReady(url)
  const pid = service.pid ?? 0
  return { url, databaseUrl, pid, memoryMib: () => Math.round(memoryMib(pid).now) }
}

/** Settings of a server that counts statements: what is preloaded is read at the start alone. */
export const COUNTED = ["alter system set shared_preload_libraries = 'pg_stat_statements'"]

/** An embedded PostgreSQL, which goes with `running`. It is started again after `settings`, statements that need that. */
export const provideDatabase = async (
  running: AsyncDisposableStack,
  settings: string[] = [],
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-bench-'))
  running.defer(() => rm(folder, { recursive: true, force: true }))
  if (settings.length > 0) {
    const first = await startEmbeddedPostgres(folder)
    const client = new pg.Client({ connectionString: first.url })
    await client.connect()
    for (const setting of settings) await client.query(setting)
    await client.end()
    await first.stop()
  }
  const postgres = await startEmbeddedPostgres(folder)
  running.defer(postgres.stop)
  return postgres.url
}

export const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

const untilReady = async (url: string): Promise<void> => {
  for (let tries = 0; tries < 600; tries += 1) {
    const ready = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('the service did not become ready')
}
