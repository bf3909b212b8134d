import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { LEASE_SECONDS } from '../../src/infrastructure/postgres/lease.ts'
import { type RunningApp, startApp, TEST_SECRET_KEY } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'
import { run } from '../support/command.ts'
import { askOperator } from '../support/operator.ts'

describe('vestibule outbox', { timeout: 180_000 }, () => {
  let app: RunningApp
  before(async () => {
    app = await startApp()
    app.mail.behave(async () => ({
      result: 'failed',
      failure: 'deferred',
      reason: 'http 409',
      retryAfterSeconds: 1000,
    }))
  })
  after(() => app.stop())

  const env = () => ({ DATABASE_URL: app.database.url, SECRET_KEY: TEST_SECRET_KEY })
  const outbox = (...args: string[]) => run(['outbox', ...args], env())
  const ask = (...args: string[]) => askOperator('outbox', args, env())

  /** Registers someone whose mail then waits for a quarter of an hour; returns its id. */
  const registerInVain = async (): Promise<{ email: string; id: string }> => {
    const email = newAddress()
    const registered = await createClient(app.url).register(email)
    assert.equal(registered.status, 201)
    const { id: userId } = registered.body
    const line = await app.logLine({
      msg: 'mail not handed over; trying again',
      correlation_id: registered.headers.get('x-correlation-id'),
    })
    assert.ok(userId)
    return { email, id: String(line.message_id) }
  }
  /** Waits until the service has tried a mail that often. */
  const attempted = (id: string, attempt: number) => app.logLine({ message_id: id, attempt })
  const shown = async (id: string, ...more: string[]) =>
    JSON.parse((await ask('show', id, '--json', ...more)).output)

  it('lists what waits, with how often it was tried, why it failed, and when it is tried again', async () => {
    const { email, id } = await registerInVain()
    const { exitCode, output } = await outbox('list', '--topic', 'mail')
    assert.equal(exitCode, 0)
    assert.match(output, /^mail: \d+ waiting, the oldest for \d+ s$/m)
    const line = output.split('\n').find(line => line.startsWith(id))
    assert.match(line ?? '', / activation_code +.\*\*\*@\S+ +\d+ s +1 +in 1[67] min +http 409$/)
    assert.ok(!output.includes(email))
  })

  it('shows whole addresses only when asked', async () => {
    const { email, id } = await registerInVain()
    const masked = `${email[0]}***@${email.split('@')[1]}`
    assert.equal((await shown(id)).email, masked)
    assert.equal((await shown(id, '--show-addresses')).email, email)
    const listed = JSON.parse((await ask('list', '--json', '--limit', '1000', '--show-addresses')).output)
    const found = listed.messages.find((message: { id: string }) => message.id === id)
    assert.equal(found.email, email)
    assert.equal(found.last_failure, 'http 409')
    assert.equal(listed.waiting[0].topic, 'mail')
    assert.ok(listed.waiting[0].messages > 0)
    assert.match((await ask('show', id)).output, /^last_failure +http 409$/m)
  })

  it('makes one message or all of them due, with retry', async () => {
    const [one, other] = [await registerInVain(), await registerInVain()]
    assert.match((await outbox('retry', one.id)).output, /^Tried again soon: 1$/m)
    assert.ok((await shown(one.id)).due_in_seconds <= LEASE_SECONDS)
    assert.ok((await shown(other.id)).due_in_seconds > 800)
    assert.equal((await outbox('retry', '--all')).exitCode, 0)
    await Promise.all([attempted(one.id, 2), attempted(other.id, 2)])
  })

  it('drops a mail, which frees its address and publishes mail.given_up', async () => {
    const { email, id } = await registerInVain()
    assert.equal((await createClient(app.url).register(email)).status, 409)
    const { exitCode, output } = await outbox('drop', id)
    assert.equal(exitCode, 0)
    assert.match(output, /^Dropped\.$/m)
    const audited = output.split('\n').find(line => line.startsWith('{'))
    const { audit, message_id, by } = JSON.parse(audited ?? '{}')
    assert.deepEqual([audit, message_id, by], ['dropped', id, 'operator'])
    const { event } = await app.logLine({ msg: 'mail.given_up', event: { data: { email } } })
    assert.deepEqual((event as { data: object }).data, {
      id: (event as { subject: string }).subject,
      email,
      mail: 'activation_code',
      reason: 'dropped',
    })
    assert.equal((await ask('show', id)).exitCode, 1)
    await app.database.rows(`update address_ledger set sent_at = '{}'`)
    assert.equal((await createClient(app.url).register(email)).status, 201)
  })

  it('ends with 1 instead of dropping what may be on its way', async () => {
    const { id } = await registerInVain()
    await app.database.rows(`update outbox set due_at = now() + interval '9 seconds' where id = $1`, [id])
    const { exitCode, output } = await outbox('drop', id)
    assert.equal(exitCode, 1)
    assert.match(output, /on its way/)
    assert.equal((await ask('show', id)).exitCode, 0)
  })

  it('drops an event, and publishes nothing about it', async () => {
    const id = '01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d'
    await app.database.rows(
      `insert into outbox (user_id, id, topic, payload, correlation_id, due_at)
       values ($1, $1, 'event', '{"type": "user.registered", "email": "ada@example.com"}', 'c', now() + interval '1 hour')`,
      [id],
    )
    assert.equal((await outbox('drop', id)).exitCode, 0)
    const left = await app.database.rows('select id from outbox where user_id = $1', [id])
    assert.deepEqual(left, [])
  })

  it('ends with 2 and the usage for anything else', async () => {
    const { exitCode, output } = await outbox('drop', '--all')
    assert.equal(exitCode, 2)
    assert.match(output, /^Usage: vestibule outbox/)
  })
})
