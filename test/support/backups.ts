import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/postgres.ts'
import { unprivileged } from '../../src/infrastructure/embedded/unprivileged.ts'
import { scratchFolder } from './command.ts'
import { skipWithout } from './programs.ts'

/** A PostgreSQL of the test's own, with an empty database, and one way to back it up. */
export type BackedUpPostgres = {
  url: string
  /** Takes a backup while the server goes on. */
  backUp: () => Promise<void>
  /** Makes a new database of it, and returns its URL. The one before may be gone by then. */
  restore: () => Promise<string>
  stop: () => Promise<void>
}

const execute = promisify(execFile)

const DEBIAN = '/usr/lib/postgresql'
/** The service speaks no SQL of before. */
const OLDEST = 15
/** The newest PostgreSQL of Debian and its relatives that is there whole, server and clients of one version. */
const installed = (existsSync(DEBIAN) ? readdirSync(DEBIAN) : [])
  .filter(version => Number(version) >= OLDEST)
  .sort((one, other) => Number(other) - Number(one))
  .map(version => join(DEBIAN, version, 'bin'))
  .find(folder => ['initdb', 'pg_ctl', 'pg_dump', 'pg_restore'].every(name => existsSync(join(folder, name))))

export const noDump = skipWithout(
  installed !== undefined,
  `needs PostgreSQL ${OLDEST} or newer, server and clients (apt-get install postgresql); the tests start it themselves`,
)

/** `pg_dump --format custom` and `pg_restore`, of a server of their own version. */
export const startDumpedPostgres = async (): Promise<BackedUpPostgres> => {
  if (installed === undefined) throw new Error('PostgreSQL is not installed (apt-get install postgresql)')
  const program = (name: string) => join(installed, name)
  const folder = await scratchFolder()
  const cluster = join(folder, 'postgres')
  const { run, give } = await unprivileged(cluster)
  await mkdir(cluster, { mode: 0o700 })
  await give(cluster)
  await run(program('initdb'), [
    '-D',
    cluster,
    '-U',
    'vestibule',
    '--auth=trust',
    '--locale=C',
    '-E',
    'UTF8',
    '--no-sync',
  ])
  const port = await freePort()
  const log = join(folder, 'postgres.log')
  await writeFile(log, '')
  await give(log)
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`
  await run(program('pg_ctl'), ['start', '-D', cluster, '-l', log, '-w', '-o', settings])
  const at = (database: string) => `postgresql://vestibule@127.0.0.1:${port}/${database}`
  const create = (database: string) =>
    execute(program('createdb'), ['--maintenance-db', at('postgres'), database])
  await create('vestibule')
  const dump = join(folder, 'vestibule.dump')
  return {
    url: at('vestibule'),
    backUp: async () => {
      await execute(program('pg_dump'), ['--format', 'custom', '--file', dump, '--dbname', at('vestibule')])
    },
    restore: async () => {
      await create('restored')
      await execute(program('pg_restore'), [
        '--exit-on-error',
        '--no-owner',
        '--dbname',
        at('restored'),
        dump,
      ])
      return at('restored')
    },
    stop: async () => {
      await run(program('pg_ctl'), ['stop', '-D', cluster, '-m', 'immediate', '-w'])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What `pg_basebackup` does, by hand: a copy of the files, and of the log that was written meanwhile. */
export const startCopiedPostgres = async (): Promise<BackedUpPostgres> => {
  const [folder, other] = [await scratchFolder(), await scratchFolder()]
  const server = await startEmbeddedPostgres(folder)
  const running = [server]
  const [from, to] = [join(folder, 'postgres'), join(other, 'postgres')]
  const { run, give } = await unprivileged(from)
  const shell = (script: string) => run('/bin/sh', ['-c', script, 'sh', from, to])
  return {
    url: server.url,
    backUp: async () => {
      await mkdir(to, { mode: 0o700 })
      await give(to)
      const client = new pg.Client({ connectionString: server.url })
      await client.connect()
      await client.query(`select pg_backup_start('nightly', true)`)
      // Files may go away while they are copied: what of them is missed is in the log.
      await shell('cp -a "$1/." "$2" 2> /dev/null; test -s "$2/global/pg_control"')
      const { rows } = await client.query('select labelfile from pg_backup_stop(false)')
      await client.end()
      await shell('rm -rf "$2/pg_wal" "$2"/postmaster.*; cp -a "$1/pg_wal" "$2"')
      const label = join(to, 'backup_label')
      await writeFile(label, rows[0].labelfile)
      await give(label)
      await copyFile(join(folder, 'postgres.password'), join(other, 'postgres.password'))
    },
    restore: async () => {
      const restored = await startEmbeddedPostgres(other)
      running.push(restored)
      return restored.url
    },
    stop: async () => {
      for (const each of running) await each.stop()
      for (const each of [folder, other]) await rm(each, { recursive: true, force: true })
    },
  }
}
