import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { type RunningApp, startApp, TEST_SECRET_KEY } from '../support/app.ts'
import { createClient as createTestClient, PASSWORD } from '../support/client.ts'
import { scratchFolder } from '../support/command.ts'
import { type RunningExample, startExample } from '../support/example.ts'
import { askOperator } from '../support/operator.ts'
import { type Pending, signUp, signUpActive } from '../support/sign-up.ts'

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

describe('examples/fastify-app', { timeout: 60_000 }, () => {
  let folder: string
  let service: RunningApp
  let app: RunningExample
  let port: number
  const start = async () => {
    app = startExample('fastify-app/main.ts', {
      WEBHOOK_SECRET,
      VESTIBULE_URL: service.url,
      PORT: String(port),
      DATABASE: join(folder, 'people.sqlite'),
    })
    await app.said(/Server listening/)
  }
  before(async () => {
    folder = await scratchFolder()
    port = await freePort(0)
    service = await startApp({
      env: {
        EVENT_PUBLISHER: 'webhook',
        WEBHOOK_URL: `http://127.0.0.1:${port}/events`,
        WEBHOOK_SECRET,
        TRUST_PROXY: '127.0.0.1',
      },
    })
    await start()
  })
  after(async () => {
    await app?.end('SIGKILL')
    await service?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    createTestClient(`http://127.0.0.1:${port}`).ask(method, path, { headers, ...(body && { body }) })
  const signIn = ({ email, password }: Pick<Pending, 'email' | 'password'>) =>
    ask('POST', '/sessions', { email, password })
  /** Waits until the app has taken such an event about a person. */
  const taken = (type: string, { id }: Pending) =>
    app.said(new RegExp(`"type":"${type}\\.v1","person":"${id}","msg":"taken"`))

  it('lets somebody in who has activated their account, and nobody before', async () => {
    const person = await signUp(service)
    assert.equal((await signIn(person)).status, 403)

    await createTestClient(service.url).activate(person.email, person.code)
    await taken('user.activated', person)
    const { status, body } = await signIn(person)
    assert.equal(status, 201)
    const headers = { authorization: `Bearer ${body.token}` }
    const profile = { id: person.id, email: person.email, name: '' }
    assert.deepEqual((await ask('GET', '/profile', undefined, headers)).body, profile)
    const named = { ...profile, name: 'Ada' }
    assert.deepEqual((await ask('PUT', '/profile', { name: 'Ada' }, headers)).body, named)
    assert.deepEqual((await ask('GET', '/profile', undefined, headers)).body, named)
  })

  it('turns away whoever has not signed in, has a wrong password, or sends none', async () => {
    const person = await signUpActive(service)
    assert.equal((await ask('GET', '/profile')).status, 401)
    assert.equal((await ask('PUT', '/profile', { name: 'Eve' })).status, 401)
    assert.equal((await ask('GET', '/profile', undefined, { authorization: 'Bearer guessed' })).status, 401)
    assert.equal((await signIn({ ...person, password: 'Wrong-Horse-77' })).status, 401)
    assert.equal((await signIn({ email: `${person.email}:${PASSWORD}`, password: '' })).status, 400)
    assert.equal((await ask('POST', '/sessions', { email: person.email })).status, 400)
  })

  it('passes on how long to wait', async () => {
    const person = await signUpActive(service)
    await service.database.rows(
      'update address_ledger set login_failures = 1000, login_failures_since = now()',
    )
    const { status, headers } = await signIn(person)
    assert.equal(status, 503)
    assert.ok(Number(headers.get('retry-after')) > 0)
    await service.database.rows('update address_ledger set login_failures = 0')
  })

  it('takes an event once, with its signature, and while it is new', async () => {
    const event = (id: string) => ({
      id,
      type: 'user.activated.v1',
      data: { id: 'ada', email: 'ada@example.com' },
    })
    const post = (id: string, { time = new Date(), secret = WEBHOOK_SECRET, sent = event(id) } = {}) =>
      ask('POST', '/events', sent, {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(id, time, JSON.stringify(event(id))),
      })
    assert.equal((await post('event-1', { secret: `whsec_${'x'.repeat(43)}=` })).status, 401)
    assert.equal((await post('event-1', { time: new Date(Date.now() - 600_000) })).status, 401)
    assert.equal(
      (await post('event-1', { sent: { ...event('event-1'), type: 'user.deleted.v1' } })).status,
      401,
    )
    assert.equal((await ask('POST', '/events', event('event-1'))).status, 401)
    // The second one would be refused by the table of people if it were applied.
    assert.equal((await post('event-1')).status, 204)
    assert.equal((await post('event-1')).status, 204)
    // What cannot be applied is not acknowledged, and not remembered either.
    assert.equal((await post('event-2')).status, 500)
    assert.equal((await post('event-2')).status, 500)
  })

  it('learns after kill -9 what it has missed, and knows the others still', async () => {
    const before = await signUpActive(service)
    await taken('user.activated', before)
    const { body } = await signIn(before)
    await app.end('SIGKILL')
    const meanwhile = await signUpActive(service)
    await start()
    await taken('user.activated', meanwhile)
    assert.equal((await signIn(meanwhile)).status, 201)
    const headers = { authorization: `Bearer ${body.token}` }
    assert.equal((await ask('GET', '/profile', undefined, headers)).status, 200)
  })

  it('forgets somebody whose account is deleted, signed in or not', async () => {
    const person = await signUpActive(service)
    await taken('user.activated', person)
    const { body } = await signIn(person)
    const env = { DATABASE_URL: service.database.url, SECRET_KEY: TEST_SECRET_KEY }
    // Not while an event of the person is on its way.
    while ((await askOperator('users', ['delete', person.email], env)).exitCode !== 0);
    await taken('user.deleted', person)
    const headers = { authorization: `Bearer ${body.token}` }
    assert.equal((await ask('GET', '/profile', undefined, headers)).status, 401)
    assert.equal((await signIn(person)).status, 401)
  })
})
