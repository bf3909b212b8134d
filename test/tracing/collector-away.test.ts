import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'
import { type Collector, startCollector } from '../support/collector.ts'
import { startReceiver } from '../support/receiver.ts'
import { signUpActive } from '../support/sign-up.ts'

// Milliseconds between two batches, and how many spans may wait; the SDK reads them when it is set up.
process.env.OTEL_BSP_SCHEDULE_DELAY = '20'
process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '200'

const NOT_ACCEPTED = 'traces are not accepted'

describe('a collector of traces that', { timeout: 60_000 }, () => {
  let collector: Collector
  before(async () => {
    collector = await startCollector()
  })
  after(() => collector?.close())

  it('is away delays no answer, and is logged once', async () => {
    const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } })
    await signUpActive(app)
    await app.logLine({ level: 40, msg: NOT_ACCEPTED, reason: 'ECONNREFUSED' })
    await signUpActive(app)
    await app.stop()
    assert.equal(app.logged.filter(({ msg }) => msg === NOT_ACCEPTED).length, 1)
  })

  it('refuses what it gets is logged once, and once that it does not any more', async () => {
    const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/` } })
    collector.answerWith(400)
    await signUpActive(app)
    await app.logLine({ level: 40, msg: NOT_ACCEPTED, reason: 'http 400' })
    collector.answerWith(200)
    await signUpActive(app)
    await app.logLine({ level: 30, msg: 'traces are accepted again' })
    await app.stop()
    assert.equal(app.logged.filter(({ msg }) => msg === NOT_ACCEPTED).length, 1)
    assert.ok(collector.requests.every(({ path }) => path === '/v1/traces'))
  })

  it('never answers does not delay the end of the service', async () => {
    const silent = await startReceiver(() => {})
    const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: silent.url } })
    await signUpActive(app)
    await silent.until(() => silent.received.length > 0)
    await app.stop()
    assert.ok(app.logged.some(({ msg }) => msg === 'stopped'))
    await silent.close()
  })

  it('is there gets what is left at the end of the service', async () => {
    process.env.OTEL_BSP_SCHEDULE_DELAY = '600000'
    const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
    const earlier = collector.spans().length
    const { headers } = await createClient(app.url).ask('GET', '/users/me')
    await app.logLine({ msg: 'request' })
    assert.equal(collector.spans().length, earlier)
    await app.stop()
    const [span, ...more] = collector.spans().slice(earlier)
    assert.deepEqual(more, [])
    assert.equal(span?.attributes['vestibule.correlation_id'], headers.get('x-correlation-id'))
    assert.equal(span?.attributes['http.response.status_code'], 401)
  })
})

describe('the configuration of traces', () => {
  it('is logged when it is unusable, and the service starts without traces', async () => {
    process.env.OTEL_TRACES_SAMPLER = 'sometimes'
    const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } })
    delete process.env.OTEL_TRACES_SAMPLER
    const { reason } = await app.logLine({ level: 40, msg: 'the set-up of traces is not usable' })
    assert.match(String(reason), /OTEL_TRACES_SAMPLER/)
    await app.stop()
  })

  it('is that of OpenTelemetry, such as OTEL_SERVICE_NAME and OTEL_EXPORTER_OTLP_HEADERS', async () => {
    const settings = { OTEL_SERVICE_NAME: 'signup', OTEL_EXPORTER_OTLP_HEADERS: 'x-key=of-a-collector' }
    Object.assign(process.env, settings)
    const collector = await startCollector()
    const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
    for (const name of Object.keys(settings)) delete process.env[name]
    await createClient(app.url).ask('GET', '/users/me')
    await app.stop()
    assert.equal(collector.requests[0]?.headers['x-key'], 'of-a-collector')
    assert.equal(collector.spans()[0]?.resource['service.name'], 'signup')
    assert.ok(!JSON.stringify(app.logged).includes('of-a-collector'))
    await collector.close()
  })

  it('may keep none (OTEL_TRACES_SAMPLER=always_off): then nothing is sent, and events say so in traceparent', async () => {
    process.env.OTEL_BSP_SCHEDULE_DELAY = '20'
    process.env.OTEL_TRACES_SAMPLER = 'always_off'
    const collector = await startCollector()
    const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
    delete process.env.OTEL_TRACES_SAMPLER
    const { id } = await signUpActive(app)
    const { event } = await app.logLine({ msg: 'user.activated', event: { subject: id } })
    assert.match(String(Reflect.get(Object(event), 'traceparent')), /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    await app.stop()
    assert.deepEqual(collector.requests, [])
    await collector.close()
  })
})
