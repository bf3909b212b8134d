import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'
import { run } from '../support/command.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { signUpActive } from '../support/sign-up.ts'

const ROLES = readFileSync(fileURLToPath(new URL('../../deploy/postgres/roles.sql', import.meta.url)), 'utf8')
const PASSWORD = 'for-tests'
const SECRET_KEY = 'a-key-for-tests-and-for-nothing-but-tests'

describe('the roles of deploy/postgres/roles.sql', { timeout: 120_000 }, () => {
  let database: TestDatabase
  let urls: { owner: string; app: string }

  before(async () => {
    database = await createDatabase('empty')
    await database.rows(ROLES)
    const as = async (role: string): Promise<string> => {
      await database.rows(`alter role ${role} password '${PASSWORD}'`)
      return Object.assign(new URL(database.url), { username: role, password: PASSWORD }).href
    }
    urls = { owner: await as('vestibule_owner'), app: await as('vestibule_app') }
  })
  after(async () => {
    await database.rows('drop owned by vestibule_app')
    await database.rows('drop owned by vestibule_owner')
    await database.rows('drop role vestibule_app')
    await database.rows('drop role vestibule_owner')
    await database.drop()
  })

  const inProduction = (url: string, ...args: string[]) =>
    run(args, {
      DATABASE_URL: url,
      NODE_ENV: 'production',
      SECRET_KEY,
      MAIL_TRANSPORT: 'smtp',
      SMTP_URL: 'smtp://127.0.0.1:1025',
      MAIL_FROM: 'vestibule@example.com',
    })
  const asApp = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: urls.app })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }

  it('let the owner migrate, and nobody else', async () => {
    const refused = await inProduction(urls.app, 'migrate', 'up')
    assert.equal(refused.exitCode, 1)
    assert.match(refused.output, /permission denied/)
    const { exitCode, output } = await inProduction(urls.owner, 'migrate', 'up')
    assert.equal(exitCode, 0, output)
    assert.doesNotMatch(output, /pending/)
  })

  it('let the service do all of its work as the other role', async () => {
    const app = await startApp({
      database: { ...database, url: urls.app, drop: async () => {} },
      env: { MIGRATE_ON_START: 'false', SECRET_KEY },
    })
    const person = await signUpActive(app)
    assert.equal((await createClient(app.url).me(person.email)).status, 200)
    await app.logLine({ msg: 'user.activated' })
    assert.equal((await inProduction(urls.app, 'users', 'delete', person.id)).exitCode, 0)
    assert.equal((await inProduction(urls.app, 'outbox', 'list')).exitCode, 0)
    await app.stop()
  })

  for (const sql of [
    'create table mine (id int)',
    'alter table users add column mine int',
    'drop table outbox',
    'truncate users',
    'create index on users (locale)',
    'create function one() returns int language sql return 1',
    'alter role vestibule_app superuser',
  ]) {
    it(`do not let the service ${sql}`, () => assert.rejects(asApp(sql), /permission denied|must be owner/))
  }
})
