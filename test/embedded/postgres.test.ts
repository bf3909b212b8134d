import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/postgres.ts'
import { type ChildScript, startChildScript } from '../support/child-script.ts'
import { scratchFolder } from '../support/command.ts'

const MODULE = import.meta.resolve('../../src/infrastructure/embedded/postgres.ts')

const query = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe('the embedded PostgreSQL', () => {
  let folder: string
  let children: ChildScript[]

  beforeEach(async () => {
    folder = join(await scratchFolder(), 'data')
    children = []
  })
  afterEach(async () => {
    for (const child of children) await child.kill()
    await killPostmaster()
    await rm(join(folder, '..'), { recursive: true, force: true })
  })

  const start = () => startEmbeddedPostgres(folder)

  /** Starts it in a process that can be killed; `said` is the URL. */
  const startInChild = async (): Promise<ChildScript> => {
    const child = await startChildScript(`
      import { startEmbeddedPostgres } from ${JSON.stringify(MODULE)}
      const { url } = await startEmbeddedPostgres(${JSON.stringify(folder)})
      console.log(url)
      setInterval(() => {}, 1000)
    `)
    children.push(child)
    return child
  }

  const lockFile = () => join(folder, 'postgres', 'postmaster.pid')
  /** NaN when no server is running. */
  const postmasterPid = async (): Promise<number> =>
    Number.parseInt(await readFile(lockFile(), 'utf8').catch(() => ''), 10)

  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }

  /** It is nobody's child here: its end can only be looked for. */
  const untilEnded = async (pid: number): Promise<void> => {
    while (isAlive(pid)) await sleep(10)
  }

  const killPostmaster = async (): Promise<void> => {
    const pid = await postmasterPid()
    if (Number.isNaN(pid) || !isAlive(pid)) return
    process.kill(pid, 'SIGKILL')
    await untilEnded(pid)
  }

  const write = (url: string) => query(url, 'create table kept as select 42 as answer')
  const assertKept = async (url: string) =>
    assert.deepEqual(await query(url, 'select answer from kept'), [{ answer: 42 }])

  it('starts in an empty folder, keeps the data over a stop, and stops for good', async () => {
    const first = await start()
    await write(first.url)
    const pid = await postmasterPid()
    await first.stop()
    await untilEnded(pid)

    const second = await start()
    await assertKept(second.url)
  })

  it('is PostgreSQL 18, asks for its password, and listens on this machine only', async () => {
    const { url } = await start()
    assert.deepEqual(
      await query(
        url,
        `select current_setting('server_version_num')::int / 10000 as version,
           current_setting('listen_addresses') as addresses, current_setting('server_encoding') as encoding`,
      ),
      [{ version: 18, addresses: '127.0.0.1', encoding: 'UTF8' }],
    )
    const stranger = new URL(url)
    stranger.password = 'guessed'
    await assert.rejects(query(stranger.href, 'select 1'), { code: '28P01' })
  })

  it('is taken over, with its data, when a killed service has left it running', async () => {
    const killed = await startInChild()
    await write(killed.said)
    const pid = await postmasterPid()
    await killed.kill()

    const next = await start()
    await assertKept(next.url)
    assert.equal(await postmasterPid(), pid)
    await next.stop()
    await untilEnded(pid)
  })

  it('recovers when it was killed together with the service', async () => {
    const killed = await startInChild()
    await write(killed.said)
    await Promise.all([killed.kill(), killPostmaster()])
    await assertKept((await start()).url)
  })

  it('may have died by the time the service stops', async () => {
    const server = await start()
    await killPostmaster()
    await assert.doesNotReject(server.stop())
  })

  it('is not shared: a second service on the same folder does not start, and the first goes on', async () => {
    const first = await startInChild()
    await write(first.said)
    await assert.rejects(startEmbeddedPostgres(folder), error => {
      assert.match((error as Error).message, /another Vestibule is running on .*data/)
      assert.match((error as Error).message, /DATABASE_URL/)
      return true
    })
    await assertKept(first.said)
  })

  it('is started by one of two services that start at once in an empty folder', async () => {
    const outcomes = await Promise.allSettled([startInChild(), startInChild()])
    const [winner, ...more] = outcomes.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
    const [refused] = outcomes.flatMap(one => (one.status === 'rejected' ? [String(one.reason)] : []))
    assert.deepEqual(more, [])
    assert.ok(winner)
    assert.match(refused ?? '', /another Vestibule is running/)
    await write(winner.said)
    await winner.kill()

    await assertKept((await start()).url)
    const left = (await readdir(folder)).toSorted()
    assert.deepEqual(left, ['postgres', 'postgres.log', 'postgres.password'])
  })

  it('starts in spite of a lock file from before the machine was started', async () => {
    const first = await start()
    await write(first.url)
    const lines = (await readFile(lockFile(), 'utf8')).split('\n')
    await first.stop()
    // Today a process of the same user has the number that the server had then.
    const { uid } = await stat(join(folder, 'postgres'))
    const somebody = spawn('sleep', ['600'], { uid, stdio: 'ignore' })
    lines[0] = String(somebody.pid)
    lines[2] = '1000000000'
    await writeFile(lockFile(), lines.join('\n'))

    await assertKept((await start()).url)
    assert.notEqual(await postmasterPid(), somebody.pid)
    assert.equal(somebody.exitCode ?? somebody.signalCode, null)
    somebody.kill()
  })

  it('is made anew when its making was interrupted', async () => {
    const interrupted = join(folder, 'postgres.0b0c9a5e-7f0c-4a57-9d53-8e8f6a2f7d11')
    await mkdir(interrupted, { recursive: true })
    await writeFile(join(interrupted, 'PG_VERSION'), '18\n')
    await write((await start()).url)
    assert.deepEqual(await readdir(interrupted), ['PG_VERSION'])
  })
})
