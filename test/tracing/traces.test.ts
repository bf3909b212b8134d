import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { isLike, type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { type Collector, type ReceivedSpan, startCollector, treeOf } from '../support/collector.ts'
import { otherThan, settledCode, signUp } from '../support/sign-up.ts'

// Milliseconds between two batches; the SDK reads it when it is set up.
process.env.OTEL_BSP_SCHEDULE_DELAY = '20'

const REGISTRATION = ['POST /users', 'hash-password', 'register', 'hand over mail', 'hand over event']
const ACTIVATION = [
  'POST /users/activate',
  'find-account',
  'verify-password',
  'count-guess',
  'consume-code',
  'hand over event',
]

describe('traces', { timeout: 60_000 }, () => {
  let collector: Collector
  let app: RunningApp
  before(async () => {
    collector = await startCollector()
    app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  })
  after(async () => {
    await app?.stop()
    await collector?.close()
  })

  /** A caller's own trace, and what the caller sends. */
  const newTrace = () => {
    const [traceId, spanId] = [hex(16), hex(8)]
    return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-01` } }
  }
  const hex = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')

  const post = (path: string, body: unknown, headers: Record<string, string>) =>
    createClient(app.url).ask('POST', path, { body, headers })

  const register = async () => {
    const trace = newTrace()
    const email = newAddress()
    const registered = await post('/users', { email, password: PASSWORD }, trace.headers)
    assert.equal(registered.status, 201)
    return { ...trace, email, id: String(registered.body.id) }
  }
  const activate = async (email: string, code: string) => {
    const trace = newTrace()
    const headers = { ...trace.headers, authorization: basicAuth(email) }
    return { ...trace, activated: await post('/users/activate', { code }, headers) }
  }

  it('lead from a request through its statements and the outbox to the mail and the event', async () => {
    const { traceId, spanId, email, id } = await register()
    const spans = await collector.trace(traceId, REGISTRATION)
    assert.deepEqual(treeOf(spans, spanId), {
      'POST /users': { 'hash-password': {}, register: {}, 'hand over mail': {}, 'hand over event': {} },
    })

    const { activated, ...activation } = await activate(email, await settledCode(app, email))
    assert.equal(activated.status, 200)
    const later = await collector.trace(activation.traceId, ACTIVATION)
    assert.deepEqual(treeOf(later, activation.spanId), {
      'POST /users/activate': {
        'find-account': {},
        'verify-password': {},
        'count-guess': {},
        'consume-code': {},
        'hand over event': {},
      },
    })

    assert.deepEqual(attributesOf(spans, 'POST /users'), {
      'http.request.method': 'POST',
      'http.route': '/users',
      'http.response.status_code': 201,
      'vestibule.correlation_id': spans[0] && correlationId(spans),
    })
    assert.deepEqual(attributesOf(spans, 'register'), {
      'db.system.name': 'postgresql',
      'db.query.summary': 'register',
    })
    const events = [spans, later].map(found => attributesOf(found, 'hand over event')['vestibule.event'])
    assert.deepEqual(events, ['user.registered', 'user.activated'])
    const mail = attributesOf(spans, 'hand over mail')
    assert.equal(mail['vestibule.attempt'], 1)
    assert.equal(mail['vestibule.result'], 'accepted')
    const kinds = spans.map(({ name, kind }) => [name, kind])
    assert.deepEqual(Object.fromEntries(kinds), {
      'POST /users': 2,
      'hash-password': 1,
      register: 3,
      'hand over mail': 3,
      'hand over event': 4,
    })
    assert.deepEqual(
      spans.map(({ resource }) => resource['service.name']),
      spans.map(() => 'vestibule'),
    )
    // The event names the request that it comes from, for whoever goes on with the trace.
    const { event } = await app.logLine({ msg: 'user.registered', event: { subject: id } })
    const request = spans.find(({ name }) => name === 'POST /users')
    assert.ok(isLike(event, { traceparent: `00-${traceId}-${request?.spanId}-01` }))
  })

  it('begin with the request when its traceparent is missing or malformed', async () => {
    for (const headers of [{}, { traceparent: 'rubbish' }, { traceparent: `00-${'0'.repeat(32)}-0-01` }]) {
      const id = `trace-${crypto.randomUUID()}`
      await post(
        '/users',
        { email: newAddress(), password: PASSWORD },
        { 'x-correlation-id': id, ...(headers as object) },
      )
      const { trace_id } = await app.logLine({ msg: 'request', correlation_id: id })
      assert.match(String(trace_id), /^[0-9a-f]{32}$/)
      const spans = await collector.trace(String(trace_id), REGISTRATION)
      assert.deepEqual(Object.keys(treeOf(spans)), ['POST /users'])
    }
  })

  it('are not lost when the body comes later than the head', async () => {
    const { traceId, spanId, headers } = newTrace()
    const body = JSON.stringify({ email: newAddress(), password: PASSWORD })
    const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const request = httpRequest(new URL('/users', app.url), {
      method: 'POST',
      headers: { ...headers, ...type, expect: '100-continue' },
    })
    request.flushHeaders()
    await once(request, 'continue')
    request.end(body)
    const [response] = await once(request, 'response')
    assert.equal(response.resume().statusCode, 201)
    const spans = await collector.trace(traceId, REGISTRATION)
    assert.deepEqual(Object.keys(treeOf(spans, spanId)), ['POST /users'])
  })

  it('are apart for requests that run at once', async () => {
    const registered = await Promise.all(Array.from({ length: 20 }, register))
    for (const { traceId, spanId } of registered) {
      const spans = await collector.trace(traceId, REGISTRATION)
      assert.deepEqual(Object.keys(treeOf(spans, spanId)), ['POST /users'])
      assert.equal(Object.keys(treeOf(spans, spanId)['POST /users'] ?? {}).length, REGISTRATION.length - 1)
    }
  })

  it('have a span for each attempt at a mail, and for the event of one that is given up', async () => {
    const answers = [
      { result: 'failed', failure: 'deferred', reason: 'not now', retryAfterSeconds: 0 },
      { result: 'failed', failure: 'refused', reason: 'no such mailbox' },
    ] as const
    let attempt = 0
    app.mail.behave(async () => answers[attempt++] ?? { result: 'accepted' })
    const { traceId } = await register()
    const spans = await collector.trace(traceId, [...REGISTRATION, 'hand over mail', 'hand over event'])
    app.mail.behave(async () => ({ result: 'accepted' }))
    const mails = spans.filter(({ name }) => name === 'hand over mail')
    assert.deepEqual(
      mails.map(({ attributes, status }) => [
        attributes['vestibule.attempt'],
        attributes['error.type'],
        status.code,
      ]),
      [
        [1, 'deferred', 2],
        [2, 'refused', 2],
      ],
    )
    const types = spans.map(({ attributes }) => attributes['vestibule.event']).filter(Boolean)
    assert.deepEqual(types, ['user.registered', 'mail.given_up'])
  })

  it('go on with a resent code', async () => {
    const { email } = await signUp(app)
    await app.database.rows("update address_ledger set sent_at = '{}'")
    const { traceId, headers } = newTrace()
    const sent = await createClient(app.url).ask('POST', '/users/resend-code', {
      headers: { ...headers, authorization: basicAuth(email) },
    })
    assert.equal(sent.status, 202)
    const names = ['POST /users/resend-code', 'find-account', 'verify-password', 'replace-code']
    await collector.trace(traceId, [...names, 'hand over mail'])
  })

  it('are named by trace_id in every line of the log that belongs to them', async () => {
    const { traceId, email } = await register()
    await collector.trace(traceId, REGISTRATION)
    const code = await settledCode(app, email)
    const wrong = await activate(email, otherThan(code))
    assert.equal(wrong.activated.body.code, 'wrong_code')
    const right = await activate(email, code)
    assert.equal(right.activated.status, 200)
    await collector.trace(right.traceId, ACTIVATION)
    await app.logLine({ msg: 'event handed over', trace_id: right.traceId })
    await app.logLine({ msg: 'request', trace_id: right.traceId })

    /** What the lines under the correlation id of a trace say, all of which are under its id too. */
    const lines = (id: string) => {
      const { correlation_id } = app.logged.find(line => line.trace_id === id && line.correlation_id) ?? {}
      const found = app.logged.filter(line => line.correlation_id === correlation_id || line.trace_id === id)
      assert.ok(found.every(line => line.trace_id === id))
      return found.map(({ msg, audit }) => audit ?? msg)
    }
    assert.deepEqual(lines(traceId).toSorted(), [
      'code_sent',
      'event handed over',
      'mail handed over',
      'registered',
      'request',
      'user.registered',
    ])
    assert.deepEqual(lines(wrong.traceId).toSorted(), ['request', 'wrong_guess'])
    assert.deepEqual(lines(right.traceId).toSorted(), [
      'activated',
      'event handed over',
      'request',
      'user.activated',
    ])
  })

  it('are made neither by polling nor by /health/live and /health/ready', async () => {
    const before = await register()
    for (const path of ['/health/live', '/health/ready']) await createClient(app.url).ask('GET', path)
    const after = await register()
    for (const { traceId } of [before, after]) await collector.trace(traceId, REGISTRATION)
    const names = new Set(collector.spans().map(({ name }) => name))
    for (const name of ['claim-messages', 'settle-messages', 'GET /health/live', 'GET /health/ready']) {
      assert.ok(!names.has(name), name)
    }
  })

  it('mark a request as failed for a 5xx', async () => {
    await app.database.rows('alter table users rename to elsewhere')
    const { traceId, headers } = newTrace()
    const failed = await post('/users', { email: newAddress(), password: PASSWORD }, headers)
    await app.database.rows('alter table elsewhere rename to users')
    assert.equal(failed.status, 500)
    const spans = await collector.trace(traceId, ['POST /users', 'hash-password', 'register'])
    assert.deepEqual(
      spans.map(({ name, status, attributes }) => [name, status.code ?? 0, attributes['error.type']]),
      [
        ['hash-password', 0, undefined],
        ['register', 2, '42P01'],
        ['POST /users', 2, '500'],
      ],
    )
    await app.logLine({ msg: 'unexpected error', trace_id: traceId })
  })

  it('name no path that was typed, and no method that was made up', async () => {
    const { traceId, headers } = newTrace()
    await createClient(app.url).ask('GET', '/s3cret?s3cret', { headers })
    await createClient(app.url).ask('PROPFIND', '/s3cret', { headers })
    const spans = await collector.trace(traceId, ['GET', 'HTTP'])
    assert.ok(spans.every(({ attributes }) => attributes['http.route'] === undefined))
    assert.doesNotMatch(JSON.stringify(collector.requests), /s3cret|PROPFIND/)
  })

  it('hold nothing secret, and no address', async () => {
    const { traceId, email } = await register()
    await collector.trace(traceId, REGISTRATION)
    const code = await settledCode(app, email)
    const { activated, ...activation } = await activate(email, code)
    assert.equal(activated.status, 200)
    await collector.trace(activation.traceId, ACTIVATION)
    const text = collector.requests.map(({ body }) => body).join()
    assert.ok(text.includes(traceId))
    for (const secret of [email, email.split('@')[0], '@example.com', PASSWORD, basicAuth(email).slice(6)]) {
      assert.ok(!text.includes(String(secret)), secret)
    }
    const values = collector.spans().flatMap(({ attributes }) => Object.values(attributes).map(String))
    assert.ok(!values.includes(code))
  })
})

const attributesOf = (spans: ReceivedSpan[], name: string): Record<string, unknown> =>
  spans.find(span => span.name === name)?.attributes ?? {}

const correlationId = (spans: ReceivedSpan[]) =>
  attributesOf(spans, 'POST /users')['vestibule.correlation_id']
