import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, type Client, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { request, sendRaw } from '../support/raw-http.ts'
import { exhaust, letTimePass, makeCodesLong, settledCode, signUp, signUpActive } from '../support/sign-up.ts'

describe('the log', () => {
  let app: RunningApp
  let client: Client
  before(async () => {
    app = await startApp({ env: { LOG_LEVEL: 'trace' } })
    client = createClient(app.url)
  })
  after(() => app.stop())

  it('has one line for each request, with its method, route, status and duration, but never its path', async () => {
    const asked: [method: string, path: string, route: string | null, status: number][] = [
      ['GET', '/users/me?token=s3cret', '/users/me', 401],
      ['POST', '/users', '/users', 400],
      ['GET', '/problems/s3cret', '/problems/:code', 404],
      ['GET', '/s3cret', null, 404],
      ['GET', '/%ff/s3cret', null, 404],
      ['DELETE', '/users/me', null, 405],
      ['GET', '/health/live', '/health/live', 200],
    ]
    for (const [method, path, route, status] of asked) {
      const id = `log-${crypto.randomUUID()}`
      await client.ask(method, path, { headers: { 'x-correlation-id': id } })
      const line = await app.logLine({ msg: 'request', correlation_id: id })
      const { level, time, duration_ms, ...fields } = line
      assert.deepEqual(fields, { correlation_id: id, method, route, status, msg: 'request' })
      assert.equal(typeof duration_ms, 'number')
      assert.equal(app.logged.filter(({ correlation_id }) => correlation_id === id).length, 1)
    }
    assert.doesNotMatch(JSON.stringify(app.logged), /s3cret/)
  })

  it('has a line for what was no request, under the correlation id of its answer', async () => {
    for (const bytes of ['s3cret\r\n\r\n', request('GET / HTTP/1.1', ['Expect: s3cret'])]) {
      const answer = await sendRaw(app.url, bytes)
      await app.logLine({ msg: 'request', status: 400, correlation_id: answer?.body.correlation_id })
    }
    assert.doesNotMatch(JSON.stringify(app.logged), /s3cret/)
  })

  it('shares its correlation id with the answer, the mail and the event', async () => {
    const email = newAddress()
    const as = (id: string, more: object = {}) => ({ headers: { 'x-correlation-id': id, ...more } })
    const registered = await client.ask('POST', '/users', {
      ...as('when-registered'),
      body: { email, password: PASSWORD },
    })
    assert.equal(registered.headers.get('x-correlation-id'), 'when-registered')
    const mail = await app.mail.mailTo(email)
    assert.equal(mail.correlationId, 'when-registered')

    await client.ask('POST', '/users/activate', {
      ...as('when-activated', { authorization: basicAuth(email) }),
      body: { code: await settledCode(app, email) },
    })
    const subject = registered.body.id
    for (const [correlationid, type, route] of [
      ['when-registered', 'user.registered.v1', '/users'],
      ['when-activated', 'user.activated.v1', '/users/activate'],
    ]) {
      await app.logLine({ msg: 'request', correlation_id: correlationid, route })
      const { event } = await app.logLine({ event: { type, subject, correlationid } })
      assert.deepEqual((event as { data: object }).data, { id: subject, email })
    }
    await app.logLine({ msg: 'mail handed over', correlation_id: 'when-registered' })
  })

  it('holds no password, code or Authorization header, whatever goes wrong', async () => {
    const secrets = new Set<string>([PASSWORD])
    const authorized = (email: string, password: string) => {
      secrets.add(password).add(basicAuth(email, password).slice('Basic '.length))
    }

    const active = await signUpActive(app, { password: 'Geheim-&-"quoted"-7' })
    authorized(active.email, active.password)
    const exhausted = await signUp(app, { password: 'Very: secret 🔑' })
    authorized(exhausted.email, exhausted.password)
    await exhaust(app, exhausted)
    await letTimePass(app, 61)
    await makeCodesLong(app)
    await client.resend(exhausted.email, exhausted.password)
    const longCode = await settledCode(app, exhausted.email, 2)
    await client.activate(exhausted.email, longCode, exhausted.password)

    for (const password of ['Wrong-Horse-7', 'too-short', 'x'.repeat(3000)]) {
      authorized(active.email, password)
      await client.me(active.email, password)
      await client.register(newAddress(), password)
      await client.ask('POST', '/users', { body: { email: password, password: [password], [password]: 1 } })
      await client.activate(active.email, password, password)
      await sendRaw(
        app.url,
        request('POST /users HTTP/1.1', ['Content-Type: application/json'], `{"password":"${password}`),
      )
    }
    app.mail.behave(async mail => {
      throw new Error(`550 <${mail.to}> refused`)
    })
    const unlucky = newAddress()
    await client.register(unlucky)
    await app.logLine({ msg: 'mail not handed over; trying again' })

    const text = JSON.stringify(app.logged)
    for (const secret of secrets) {
      assert.ok(!text.includes(secret), secret)
      assert.ok(!text.includes(JSON.stringify(secret).slice(1, -1)), secret)
    }
    // A code is four digits: it may well occur within an id or a time, but never as a value or a word.
    const codes = new Set(app.mail.attempts.map(mail => /^ {4}(\d+)$/m.exec(mail.text)?.[1]))
    assert.ok(codes.size >= 3 && codes.has(active.code) && codes.has(longCode))
    for (const word of app.logged.flatMap(words)) assert.ok(!codes.has(word), word)
  })
})

/** Every word of every value of a log line, but for its time and how long something took. */
const words = ({ time, duration_ms, ...line }: Record<string, unknown>): string[] => {
  const found: string[] = []
  JSON.stringify(line, (_name, value) => {
    if (typeof value === 'number') found.push(String(value))
    if (typeof value === 'string') found.push(...value.replace(UUIDS_AND_TIMES, '').split(/[^A-Za-z0-9]+/))
    return value
  })
  return found
}

const UUIDS_AND_TIMES = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z/g
