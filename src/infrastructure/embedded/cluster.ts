import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { locatePrograms } from './programs.ts'
import { secretFile } from './secret-file.ts'
import { unprivileged } from './unprivileged.ts'

export type Cluster = {
  /** Starts the server, unless it runs. Tries until `deadline`, a time of `Date.now()`, and throws then. */
  start: (deadline: number) => Promise<{ url: string }>
  /** Stops the server. Throws when it does not. */
  stop: () => Promise<void>
}

const SUPERUSER = 'vestibule'

const folderIn = (dataDir: string): string => join(dataDir, 'postgres')

/** True when there has been one in `dataDir` before. */
export const isThere = (dataDir: string): boolean => existsSync(folderIn(dataDir))

/**
 * The data of a PostgreSQL in `dataDir`, made when there is none. pg_ctl knows best how to start, find and stop a
 * server, stale lock files included, but for one from before the machine was started anew: its process number may
 * be somebody else's by now.
 */
export const openCluster = async (dataDir: string): Promise<Cluster> => {
  const programs = await locatePrograms()
  const folder = folderIn(dataDir)
  const log = join(dataDir, 'postgres.log')

  // Others may pass, not look: `nobody` is one of them, and what is in there is closed by itself.
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  const { run, give } = await unprivileged(folder)
  const password = await secretFile(join(dataDir, 'postgres.password'))
  if (!(await isWhole())) await create()

  return {
    start: async deadline => {
      const port = (await runningPort()) ?? (await start(deadline))
      return { url: `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres` }
    },
    stop: async () => {
      const stopped = run(programs.pg_ctl, ['stop', '-D', folder, '-m', 'fast', '-w'])
      await stopped.catch(async error => {
        if ((await runningPort()) !== undefined) throw error
      })
    },
  }

  function isWhole(): Promise<boolean> {
    return readFile(join(folder, 'PG_VERSION')).then(
      () => true,
      () => false,
    )
  }

  /** Into a folder of its own first: a cluster that is there is whole, whenever the process was killed. */
  async function create(): Promise<void> {
    const unfinished = `${folder}.${randomUUID()}`
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
    await rename(unfinished, folder).catch(async error => {
      await rm(unfinished, { recursive: true, force: true })
      if (!(await isWhole())) throw error
    })
  }

  async function start(deadline: number): Promise<number> {
    await writeFile(log, '', { flag: 'a', mode: 0o600 })
    await give(log)
    for (;;) {
      // Anew each time: somebody else may have taken it meanwhile.
      const port = await freePort()
      const settings = [`-p ${port}`, '-c listen_addresses=127.0.0.1', "-c unix_socket_directories=''"]
      try {
        await run(programs.pg_ctl, ['start', '-D', folder, '-l', log, '-w', '-o', settings.join(' ')])
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
    const lockFile = join(folder, 'postmaster.pid')
    const lines = (await readFile(lockFile, 'utf8').catch(() => '')).split('\n')
    if (lines.length < 4) return undefined
    const bootedAt = Date.now() / 1000 - uptime()
    if (Number(lines[2]) < bootedAt - 5) {
      await rm(lockFile, { force: true })
      return undefined
    }
    const running = await run(programs.pg_ctl, ['status', '-D', folder]).then(
      () => true,
      () => false,
    )
    return running ? Number(lines[3]) : undefined
  }
}
