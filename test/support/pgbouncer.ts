import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chown, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { scratchFolder } from './command.ts'
import { end, skipWithout, untilSays } from './programs.ts'

/** A PgBouncer of the test's own, as docs/operations.md sets it up. */
export type PgBouncer = {
  url: string
  /** As `kill -9` does. */
  kill: () => Promise<void>
  /** Starts it again after that, on the same port. */
  restart: () => Promise<void>
  stop: () => Promise<void>
}

const PROGRAM = 'pgbouncer'
const installed = spawnSync(PROGRAM, ['--version']).status === 0

export const noPgBouncer = skipWithout(
  installed,
  'needs PgBouncer (apt-get install pgbouncer, brew install pgbouncer); the tests start it themselves',
)

/** Starts one that leads to a database, with `settings` in the place of those that are documented. */
export const startPgBouncer = async (
  databaseUrl: string,
  settings: Record<string, string> = {},
): Promise<PgBouncer> => {
  if (!installed) throw new Error('PgBouncer is not installed (apt-get install pgbouncer)')
  const { username, password, hostname, port: databasePort, pathname } = new URL(databaseUrl)
  const folder = await scratchFolder()
  const port = await freePort()
  const files = { ini: join(folder, 'pgbouncer.ini'), users: join(folder, 'userlist.txt') }
  await writeFile(files.users, `"${username}" "${password}"\n`)
  await writeFile(
    files.ini,
    changed(await documentedSettings(), {
      vestibule: `host=${hostname} port=${databasePort} dbname=${pathname.slice(1)}`,
      listen_addr: '127.0.0.1',
      listen_port: String(port),
      auth_file: files.users,
      ...settings,
    }),
  )
  // It refuses to be run by root.
  const nobody = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined
  if (nobody) {
    for (const path of [folder, ...Object.values(files)]) await chown(path, nobody.uid, nobody.gid)
  }
  const start = () => run([files.ini], nobody ?? {})
  let bouncer = await start()

  const kill = async () => void (await end(bouncer, 'SIGKILL'))
  return {
    url: `postgresql://${username}:${password}@127.0.0.1:${port}/vestibule`,
    kill,
    restart: async () => {
      bouncer = await start()
    },
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const documentedSettings = async (): Promise<string> => {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const [, settings] = /```ini\n(\[databases\][\s\S]*?)```/.exec(page) ?? []
  if (settings === undefined) throw new Error('docs/operations.md has no pgbouncer.ini')
  return settings
}

/** Every setting must stand there already: what is tested is what is documented. */
const changed = (text: string, settings: Record<string, string>): string =>
  Object.entries(settings).reduce((before, [name, value]) => {
    const line = new RegExp(`^${name} =.*$`, 'm')
    if (!line.test(before)) throw new Error(`docs/operations.md does not set ${name}`)
    return before.replace(line, () => `${name} = ${value}`)
  }, text)

const idOf = (flag: '-u' | '-g'): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))

const run = async (args: string[], identity: { uid?: number; gid?: number }): Promise<ChildProcess> => {
  const bouncer = spawn(PROGRAM, args, { ...identity, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
  await untilSays(bouncer, /process up/, 'PgBouncer')
  return bouncer
}
