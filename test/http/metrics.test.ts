import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'

describe('GET /metrics', { timeout: 60_000 }, () => {
  let app: RunningApp
  let metricsUrl: string
  before(async () => {
    const port = await freePort()
    metricsUrl = `http://127.0.0.1:${port}/metrics`
    app = await startApp({ env: { METRICS_PORT: String(port), EVENT_PUBLISHER: 'none' } })
  })
  after(() => app.stop())

  /** The value of each series, by its name with its labels. */
  const read = async (): Promise<Map<string, number>> => {
    const response = await fetch(metricsUrl)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    const lines = (await response.text()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
    return new Map(
      lines.map(line => {
        const [, series = '', value] = /^(.+) (\S+)$/.exec(line) ?? []
        return [series, Number(value)]
      }),
    )
  }

  it('has every series from the start, at 0', async () => {
    const metrics = await read()
    for (const series of [
      'vestibule_outbox_settled_total{topic="mail",result="given_up"}',
      'vestibule_outbox_failures_total{topic="mail",class="misconfigured"}',
      'vestibule_outbox_messages{topic="mail"}',
      'vestibule_outbox_oldest_message_age_seconds{topic="event"}',
    ]) {
      assert.equal(metrics.get(series), 0, series)
    }
  })

  it('counts what was handed over, what failed by class, and what was given up, and measures what waits', async () => {
    await createClient(app.url).register(newAddress())
    await app.logLine({ msg: 'mail handed over' })
    app.mail.behave(async () => ({ result: 'failed', failure: 'refused', reason: 'smtp 550' }))
    await createClient(app.url).register(newAddress())
    await app.logLine({ msg: 'mail given up' })
    app.mail.behave(async () => ({
      result: 'failed',
      failure: 'rate_limited',
      reason: 'http 429',
      retryAfterSeconds: 600,
    }))
    await createClient(app.url).register(newAddress())
    await app.logLine({ msg: 'mail not handed over; trying again' })

    const metrics = await read()
    const mail = (name: string) => metrics.get(`vestibule_outbox_${name}`)
    assert.equal(mail('settled_total{topic="mail",result="accepted"}'), 1)
    assert.equal(mail('settled_total{topic="mail",result="given_up"}'), 1)
    assert.equal(mail('settled_total{topic="mail",result="retry"}'), 1)
    assert.equal(mail('failures_total{topic="mail",class="refused"}'), 1)
    assert.equal(mail('failures_total{topic="mail",class="rate_limited"}'), 1)
    assert.equal(mail('failures_total{topic="mail",class="unavailable"}'), 0)
    assert.equal(mail('messages{topic="mail"}'), 1)
    const age = mail('oldest_message_age_seconds{topic="mail"}')
    assert.ok(age !== undefined && age > 0 && age < 60, `${age}`)
  })

  it('is all there is on its port, and nowhere on the other', async () => {
    const root = new URL('/', metricsUrl)
    assert.equal((await fetch(root)).status, 404)
    assert.equal((await fetch(metricsUrl, { method: 'POST' })).status, 404)
    assert.equal((await fetch(`${app.url}/metrics`)).status, 404)
  })

  it('does without when its port is taken, but not in production', async () => {
    const other = createServer()
    await new Promise<void>(listening => other.listen(0, '127.0.0.1', listening))
    const { port } = other.address() as { port: number }
    const env = { METRICS_PORT: String(port) }
    try {
      const without = await startApp({ env })
      await without.logLine({ level: 40, msg: 'no metrics' })
      await without.stop()
      const production = {
        ...env,
        NODE_ENV: 'production',
        MIGRATE_ON_START: 'true',
        MAIL_TRANSPORT: 'smtp',
      }
      await assert.rejects(startApp({ env: production }), new RegExp(`METRICS_PORT ${port} cannot`))
    } finally {
      other.close()
    }
  })
})
