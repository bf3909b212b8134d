import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/postgres.ts'
import { locatePrograms } from '../../src/infrastructure/embedded/programs.ts'
import { unprivileged } from '../../src/infrastructure/embedded/unprivileged.ts'
import { scratchFolder } from './command.ts'

/**
 * A primary and a standby that follows it by streaming replication. Nothing is acknowledged before the standby
 * has it on disk, so that while the standby is away nothing is acknowledged at all.
 */
export type ReplicatedPostgres = {
  /** As `DATABASE_URL` names both: the one first that was the primary first. */
  url: string
  /** Of the one that is the primary now. */
  readonly primaryUrl: string
  /** Of the other one. */
  readonly standbyUrl: string
  /** Asks the primary itself. */
  rows: <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) => Promise<Row[]>
  /** Lets nothing more reach the standby, for as long as the primary lives. */
  holdBack: () => Promise<void>
  /** As a power failure does: nothing is written down any more. */
  crashPrimary: () => Promise<void>
  /** Starts it again after that, on the same port. */
  restartPrimary: () => Promise<void>
  crashStandby: () => Promise<void>
  restartStandby: () => Promise<void>
  /** Makes the standby the primary, which waits for nobody; the other one has to be down. */
  promoteStandby: () => Promise<void>
  /** Rebuilds the one that was the primary before, as the standby that the primary waits for. */
  rejoin: () => Promise<void>
  stop: () => Promise<void>
}

type Node = { readonly folder: string; readonly port: number; readonly url: string }

/** Starts both, with an empty database `postgres`. It takes some seconds. */
export const startReplicatedPostgres = async (): Promise<ReplicatedPostgres> => {
  const folder = await scratchFolder()
  // Makes the cluster, which has to be at rest to be copied.
  const made = await startEmbeddedPostgres(folder)
  await made.stop()
  const { pg_ctl: control } = await locatePrograms()
  const { run, give } = await unprivileged(join(folder, 'postgres'))

  const node = async (name: string): Promise<Node> => {
    const port = await freePort()
    return { folder: join(folder, name), port, url: Object.assign(new URL(made.url), { port }).href }
  }
  let [primary, standby] = [await node('postgres'), await node('other')]
  const url = severalHosts(primary.url, standby.url)

  await copy(primary, standby)
  await settle(primary, WAITING)
  await follow(standby, primary)
  await start(primary)
  await start(standby)
  await untilFollowed()

  return {
    url,
    get primaryUrl() {
      return primary.url
    },
    get standbyUrl() {
      return standby.url
    },
    rows,
    holdBack: async () => {
      const senders = await rows<{ pid: number }>('select pid from pg_stat_replication')
      for (const { pid } of senders) process.kill(pid, 'SIGSTOP')
    },
    crashPrimary: () => crash(primary),
    restartPrimary: () => start(primary),
    crashStandby: () => crash(standby),
    restartStandby: () => start(standby),
    promoteStandby: async () => {
      await run(control, ['promote', '-D', standby.folder, '-w'])
      ;[primary, standby] = [standby, primary]
    },
    rejoin: async () => {
      await onPrimary(async client => {
        await client.query(`select pg_backup_start('rejoin', true)`)
        await copy(primary, standby)
        const { rows } = await client.query('select labelfile from pg_backup_stop(false)')
        await write(join(standby.folder, 'backup_label'), rows[0].labelfile)
      })
      for (const left of ['postmaster.pid', 'postmaster.opts', 'pg_wal', 'pg_replslot']) {
        await rm(join(standby.folder, left), { recursive: true, force: true })
      }
      for (const empty of ['pg_wal', 'pg_replslot']) await makeFolder(join(standby.folder, empty))
      await follow(standby, primary)
      await start(standby)
      await settle(primary, WAITING)
      await rows('select pg_reload_conf()')
      await untilFollowed()
    },
    stop: async () => {
      for (const node of [primary, standby]) await crash(node).catch(() => {})
      await rm(folder, { recursive: true, force: true })
    },
  }

  /** Of a server that runs, files may go away meanwhile: what of them is missed is in its log. */
  async function copy(from: Node, to: Node): Promise<void> {
    await rm(to.folder, { recursive: true, force: true })
    await makeFolder(to.folder)
    const script = 'cp -a "$1/." "$2" 2> /dev/null; test -s "$2/global/pg_control"'
    await run('/bin/sh', ['-c', script, 'sh', from.folder, to.folder])
  }

  async function settle(node: Node, more: string[]): Promise<void> {
    const settings = [...SETTINGS, `port = ${node.port}`, ...more]
    await write(join(node.folder, 'postgresql.auto.conf'), settings.join('\n'))
  }

  async function follow(node: Node, leader: Node): Promise<void> {
    const { username, password, port } = new URL(leader.url)
    const connection = `user=${username} password=${password} host=127.0.0.1 port=${port} application_name=standby`
    await settle(node, [`primary_conninfo = '${connection}'`])
    await write(join(node.folder, 'standby.signal'), '')
  }

  async function start(node: Node): Promise<void> {
    const log = `${node.folder}.log`
    await write(log, '', 'a')
    await run(control, ['start', '-D', node.folder, '-l', log, '-w'])
  }

  function crash(node: Node): Promise<void> {
    return run(control, ['stop', '-D', node.folder, '-m', 'immediate', '-w'])
  }

  async function untilFollowed(): Promise<void> {
    const synchronous = `select from pg_stat_replication where sync_state = 'sync'`
    while ((await rows(synchronous)).length === 0) await sleep(50)
  }

  function rows<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]> {
    return onPrimary(async client => (await client.query<Row>(sql, values)).rows)
  }

  async function onPrimary<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = new pg.Client({ connectionString: primary.url })
    client.on('error', () => {})
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }

  async function write(path: string, text: string, flag = 'w'): Promise<void> {
    await writeFile(path, text, { flag, mode: 0o600 })
    await give(path)
  }

  async function makeFolder(path: string): Promise<void> {
    await mkdir(path, { mode: 0o700 })
    await give(path)
  }
}

/** URLs of the same database on several hosts, as one `DATABASE_URL`. */
export const severalHosts = (...urls: string[]): string => {
  const hosts = urls.map(url => new URL(url).host)
  return (urls[0] ?? '').replace(hosts[0] ?? '', hosts.join(','))
}

const SETTINGS = [
  `listen_addresses = '127.0.0.1'`,
  `unix_socket_directories = ''`,
  `wal_keep_size = '256MB'`,
  `wal_retrieve_retry_interval = '100ms'`,
]
const WAITING = [`synchronous_commit = on`, `synchronous_standby_names = 'standby'`]
