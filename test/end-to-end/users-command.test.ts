import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrateUp } from '../../src/infrastructure/postgres/migrate.ts'
import { type RunningApp, startApp, TEST_SECRET_KEY } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { run } from '../support/command.ts'
import { createDatabase } from '../support/database.ts'
import { askOperator } from '../support/operator.ts'
import { signUp, signUpActive } from '../support/sign-up.ts'

describe('vestibule users', { timeout: 180_000 }, () => {
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app.stop())

  const env = () => ({ DATABASE_URL: app.database.url, SECRET_KEY: TEST_SECRET_KEY })
  const users = (...args: string[]) => run(['users', ...args], env())
  const ask = (...args: string[]) => askOperator('users', args, env())
  const untilNothingWaits = async (id: string): Promise<void> => {
    const waiting = () => app.database.rows('select id from outbox where user_id = $1', [id])
    while ((await waiting()).length > 0) await sleep(20)
  }
  const auditLines = (output: string) =>
    output
      .split('\n')
      .filter(line => line.startsWith('{"level"'))
      .map(line => JSON.parse(line))

  it('lists and shows users, with masked addresses unless asked otherwise', async () => {
    const { id, email } = await signUp(app)
    const active = await signUpActive(app)
    const listed = await users('list')
    assert.equal(listed.exitCode, 0)
    assert.match(listed.output, new RegExp(`^${id}  .\\*\\*\\*@\\S+ +pending`, 'm'))
    assert.match(listed.output, new RegExp(`^${active.id}  .\\*\\*\\*@\\S+ +active`, 'm'))
    assert.ok(!listed.output.includes(email))

    const pendingOnly = JSON.parse((await ask('list', '--state', 'pending', '--json')).output).users
    assert.ok(pendingOnly.some((user: { id: string }) => user.id === id))
    assert.ok(!pendingOnly.some((user: { id: string }) => user.id === active.id))

    const shown = JSON.parse((await ask('show', email, '--json', '--show-addresses')).output)
    assert.deepEqual([shown.id, shown.email, shown.code, shown.is_active], [id, email, 'live', false])
    assert.equal((await ask('show', newAddress())).exitCode, 1)
  })

  it('shows the state of the code, and what the address has used up', async () => {
    const { id, email, code } = await signUp(app)
    const client = createClient(app.url)
    const wrong = String((Number(code) + 1) % 10_000).padStart(4, '0')
    for (let guess = 0; guess < 3; guess += 1) await client.activate(email, wrong)
    await client.me(email, 'Wrong-Horse-99')
    const shown = JSON.parse((await ask('show', id, '--json')).output)
    assert.deepEqual([shown.code, shown.wrong_guesses, shown.login_failures], ['exhausted', 3, 1])
  })

  it('activates without a code, and publishes user.activated', async () => {
    const { id, email } = await signUp(app)
    const { exitCode, output } = await users('activate', email)
    assert.equal(exitCode, 0)
    assert.match(output, /^Activated\.$/m)
    const [line, ...more] = auditLines(output)
    assert.deepEqual([line.audit, line.user_id, line.by, more.length], ['activated', id, 'operator', 0])
    assert.ok(!output.includes(email))
    assert.equal((await createClient(app.url).me(email)).body.is_active, true)
    const { event } = await app.logLine({ msg: 'user.activated', event: { subject: id } })
    assert.equal((event as { correlationid: string }).correlationid, line.correlation_id)

    const again = await users('activate', id)
    assert.deepEqual([again.exitCode, auditLines(again.output)], [1, []])
  })

  it('deletes every trace of a person but the keyed hash of the address, and publishes user.deleted', async () => {
    const { id, email } = await signUpActive(app)
    await untilNothingWaits(id)
    // An event that its receiver has not taken for an hour.
    await app.database.rows(
      `insert into outbox (user_id, id, topic, payload, correlation_id, due_at)
       values ($1, $1, 'event', jsonb_build_object('type', 'user.activated', 'email', $2::text), 'c', now() + interval '1 hour')`,
      [id, email],
    )
    const { exitCode, output } = await users('delete', id)
    assert.equal(exitCode, 0)
    const [line] = auditLines(output)
    assert.deepEqual([line.audit, line.user_id, line.by], ['deleted', id, 'operator'])
    const { event } = await app.logLine({ msg: 'user.deleted', event: { subject: id } })
    assert.deepEqual((event as { data: object }).data, { id })

    const tables = await app.database.rows(
      `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    )
    assert.ok(tables.length >= 4)
    for (const { name } of tables) {
      const left = await app.database.rows(
        `select 1 from ${name} as it where it::text like '%' || $1 || '%' or it::text like '%' || $2 || '%'`,
        [email, id],
      )
      assert.deepEqual(left, [], `${name}`)
    }
    assert.equal((await createClient(app.url).me(email)).status, 401)
    assert.equal((await ask('delete', id)).exitCode, 1)
  })

  it('ends with 1 instead of deleting a person whose message may be on its way', async () => {
    let letGo = () => {}
    const held = new Promise<void>(resolve => {
      letGo = resolve
    })
    const arrived = new Promise<void>(resolve => {
      app.mail.behave(async () => {
        resolve()
        await held
        return { result: 'accepted' }
      })
    })
    const email = newAddress()
    const { body } = await createClient(app.url).register(email, PASSWORD)
    await arrived
    const busy = await ask('delete', email)
    assert.equal(busy.exitCode, 1)
    assert.match(busy.output, /on its way/)
    assert.equal(JSON.parse((await ask('show', String(body.id), '--json')).output).code, 'on its way')

    letGo()
    await untilNothingWaits(String(body.id))
    assert.equal((await users('delete', email)).exitCode, 0)
  })

  it('ends with 2 and the usage for anything else', async () => {
    const { exitCode, output } = await users('delete')
    assert.equal(exitCode, 2)
    assert.match(output, /^Usage: vestibule users/)
    const help = await run(['--help'])
    assert.equal(help.exitCode, 0)
    assert.match(help.output, /users …/)
  })
})

describe('vestibule, on a database that it cannot work on yet', { timeout: 60_000 }, () => {
  for (const command of ['users', 'outbox'] as const) {
    it(`ends ${command} with 1 and says what to run, without a schema and with one that is behind`, async t => {
      const database = await createDatabase('empty')
      t.after(database.drop)
      const env = { DATABASE_URL: database.url, SECRET_KEY: TEST_SECRET_KEY }
      const { exitCode, output } = await run([command, 'list'], env)
      assert.equal(exitCode, 1)
      assert.match(output, /^the schema .* is behind \(0001_users, .*\)\. Run: npm run migrate -- up\n$/)

      await migrateUp(database.url)
      const [newest] = await database.rows<{ name: string }>(
        'delete from schema_migrations where id = (select max(id) from schema_migrations) returning name',
      )
      const behind = new RegExp(`is behind \\(${newest?.name}\\)\\. Run: npm run migrate -- up$`)
      await assert.rejects(askOperator(command, ['list'], env), behind)
    })
  }
})
