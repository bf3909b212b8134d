import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { databaseCpuSeconds, threadCpuSeconds } from './cpu.ts'
import { type LoadProcess, startLoad } from './load-orders.ts'
import { COUNTED, pathOf, provideDatabase, type Service, startArguments, startService } from './service.ts'

/** Where a suite plays: a PostgreSQL, the load, and services on databases that are made for it and dropped after it. */
export type Stage = {
  load: LoadProcess
  /** An empty database. */
  database: (name: string) => Promise<StageDatabase>
  /** The real command, everything on, its mails to the load process; ended with `until`, or with the stage. */
  serve: Serve
  /** The same with nothing in the place of its hashes. */
  serveUnhashed: Serve
  /** Processor time of the whole PostgreSQL server, in seconds. */
  databaseCpu: () => number
}

type Serve = (
  database: StageDatabase,
  env?: Record<string, string>,
  until?: AsyncDisposableStack,
) => Promise<StageService>

export type StageService = Service & { metricsUrl: string }

export type StageDatabase = {
  url: string
  client: pg.Client
  /** Resolves when the outbox is empty. */
  untilCarried: () => Promise<void>
  /** How many statements were run for each thing that `work` says it has done; `NaN` without pg_stat_statements. */
  statementsOfEach: (work: () => Promise<number>) => Promise<number>
}

/** More than there are cores, so that a hash waits whenever one ends, and little else. */
export const CLIENTS = 4 * availableParallelism()

/** Nobody is refused: a figure is about what all of them cost, on machines that have other things to do as well. */
export const PATIENT = { HASH_QUEUE_MS: '60000', DATABASE_TIMEOUT_MS: '20000' }

const SETTINGS = { EVENT_PUBLISHER: 'console', LOG_LEVEL: 'info', CODE_TTL_SECONDS: '3600' }

export const openStage = async (running: AsyncDisposableStack): Promise<Stage> => {
  const serverUrl = process.env.DATABASE_URL ?? (await provideDatabase(running, COUNTED))
  const server = await connected(running, serverUrl)
  const load = await startLoad(running)
  const serving =
    (command?: string[]): Serve =>
    async ({ url }, env = {}, until = running) => {
      const metricsPort = String(await freePort())
      const settings = { ...SETTINGS, MAIL_HTTP_URL: load.mailUrl, METRICS_PORT: metricsPort, ...env }
      const service = await startService(until, url, settings, command)
      return { ...service, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics` }
    }
  return {
    load,
    serve: serving(),
    serveUnhashed: serving(startArguments(pathOf('unhashed-service.ts'))),
    databaseCpu: await databaseCpuSeconds(serverUrl),
    database: async name => {
      const fullName = `vestibule_bench_${name}`
      await server.query(`drop database if exists ${fullName} with (force)`)
      await server.query(`create database ${fullName}`)
      running.defer(async () => void (await server.query(`drop database if exists ${fullName} with (force)`)))
      const url = new URL(serverUrl)
      url.pathname = fullName
      const client = await connected(running, url.href)
      return {
        url: url.href,
        client,
        untilCarried: () => untilCarried(client),
        statementsOfEach: work => statementsOfEach(client, work),
      }
    },
  }
}

const connected = async (running: AsyncDisposableStack, connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString })
  // It may be cut when its database is dropped.
  client.on('error', () => {})
  await client.connect()
  running.defer(() => client.end().catch(() => {}))
  return client
}

/** The mails and events of a load are part of what it costs. */
const untilCarried = async (client: pg.Client): Promise<void> => {
  while ((await client.query('select /* bench */ from outbox limit 1')).rows.length > 0) await sleep(10)
}

/** What the benchmark itself asks says so, in its text. */
const statementsOfEach = async (client: pg.Client, work: () => Promise<number>): Promise<number> => {
  try {
    await client.query('create extension if not exists pg_stat_statements')
    await client.query('select /* bench */ pg_stat_statements_reset()')
  } catch {
    return Number.NaN
  }
  const before = await callsOf(client)
  const done = await work()
  return ((await callsOf(client)) - before) / done
}

const callsOf = async (client: pg.Client): Promise<number> => {
  const { rows } = await client.query<{ calls: number }>(
    `select coalesce(sum(calls), 0)::float8 /* bench */ as calls
     from pg_stat_statements
     where dbid = (select oid from pg_database where datname = current_database())
       and query not like '%/* bench */%'`,
  )
  return rows[0]?.calls ?? Number.NaN
}

/** How much of what a service and the database used went into hashes. */
export const hashingShare = ({ hashing, main, otherThreads, database }: Spent): number =>
  hashing / (hashing + main + otherThreads + database)

/** Processor time since `before` by what it went to, in seconds. */
export type Spent = { hashing: number; main: number; otherThreads: number; database: number }

/** Watches what a service and the database use from now on. */
export const watchCpu = (stage: Stage, { pid }: Service): (() => Spent) => {
  const before = { ...threadCpuSeconds(pid), database: stage.databaseCpu() }
  return () => {
    const now = threadCpuSeconds(pid)
    const hashing = now.hashing - before.hashing
    const main = now.main - before.main
    return {
      hashing,
      main,
      otherThreads: now.all - before.all - hashing - main,
      database: stage.databaseCpu() - before.database,
    }
  }
}
