import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient, newAddress } from '../support/client.ts'
import { type RunningCommand, scratchFolder, serve } from '../support/command.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { type HttpReply, startScriptedHttp } from '../support/scripted-mail-http.ts'
import type { ScriptedMail } from '../support/scripted-mail-log.ts'
import { CHEAP_HASHES, NO_NETWORK_LIMITS } from '../support/settings.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PEOPLE = 12

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

/** The last commit without the newest migration, where the history is there to tell. */
const versionBefore = (): string | undefined => {
  const newest = readdirSync(join(ROOT, 'migrations')).sort().at(-1)
  try {
    const added = git('log', '--diff-filter=A', '--format=%H', '--', `migrations/${newest}`)
    return git('rev-parse', `${added.split('\n').at(-1)}^`)
  } catch {
    return undefined
  }
}

const previous = versionBefore()

/** A rolling update: the schema is the new one, and half of the instances are not. */
describe('an instance of the version before, beside one of this version', {
  skip: previous === undefined && 'needs the history: a clone that is not shallow',
  timeout: 120_000,
}, () => {
  let folder: string
  let database: TestDatabase
  let mail: ScriptedMail<HttpReply>
  const instances: RunningCommand[] = []

  before(async () => {
    folder = await scratchFolder()
    const old = join(folder, 'before')
    await mkdir(old)
    execFileSync('sh', ['-c', `git archive ${previous} | tar x -C "${old}"`], { cwd: ROOT })
    await symlink(join(ROOT, 'node_modules'), join(old, 'node_modules'))
    database = await createDatabase()
    mail = await startScriptedHttp()
    const env = {
      DATABASE_URL: database.url,
      SECRET_KEY: 'a-key-for-tests-and-for-nothing-but-tests',
      EVENT_PUBLISHER: 'none',
      ...mail.env,
      ...CHEAP_HASHES,
      ...NO_NETWORK_LIMITS,
    }
    instances.push(await serve(folder, env, join(old, 'src/main.ts')), await serve(folder, env))
  })
  after(async () => {
    await Promise.all(instances.map(instance => instance.end('SIGTERM')))
    await mail.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })

  it('shares the schema: people register with one and activate with the other, and every mail leaves once', async () => {
    const clients = instances.map(({ api }) => createClient(api))
    await Promise.all(
      Array.from({ length: PEOPLE }, async (_, nth) => {
        const [one, other] = nth % 2 === 0 ? clients : clients.toReversed()
        assert.ok(one && other)
        const email = newAddress()
        assert.equal((await one.register(email)).status, 201)
        const { code } = await mail.attemptTo(email)
        assert.equal((await other.activate(email, code)).status, 200)
        assert.equal((await one.me(email)).body.is_active, true)
        assert.equal(mail.attemptsTo(email).length, 1)
      }),
    )
    while ((await database.rows('select 1 from outbox')).length > 0) await sleep(20)
    const [counted] = await database.rows(
      'select count(*)::int as active from users where activated_at is not null',
    )
    assert.equal(counted?.active, PEOPLE)
  })
})
