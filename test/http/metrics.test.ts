import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'
import { request, sendRaw } from '../support/raw-http.ts'
import { otherThan, signUp } from '../support/sign-up.ts'

describe('GET /metrics', { timeout: 60_000 }, () => {
  let app: RunningApp
  let metricsUrl: string
  before(async () => {
    const port = await freePort()
    metricsUrl = `http://127.0.0.1:${port}/metrics`
    app = await startApp({ env: { METRICS_PORT: String(port), EVENT_PUBLISHER: 'none' } })
  })
  after(() => app.stop())

  const read = () => readMetrics(metricsUrl)

  it('answers 200 with every series from the start, at 0', async () => {
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

  it('counts mails by result and class of failure, and gives number and age of those that wait', async () => {
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

  it('is the only route of METRICS_PORT, and gets 404 on PORT', async () => {
    const root = new URL('/', metricsUrl)
    assert.equal((await fetch(root)).status, 404)
    assert.equal((await fetch(metricsUrl, { method: 'POST' })).status, 404)
    assert.equal((await fetch(`${app.url}/metrics`)).status, 404)
  })

  it('is missing when METRICS_PORT is taken, which in production keeps the service from starting', async () => {
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

/** The value of each series, by its name with its labels. */
const readMetrics = async (url: string): Promise<Map<string, number>> => {
  const response = await fetch(url)
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

describe('the metrics', { timeout: 60_000 }, () => {
  let app: RunningApp
  let earlier: Map<string, number>
  let later: Map<string, number>
  /** Requests sent so far. */
  let sent = 0

  before(async () => {
    const port = await freePort()
    app = await startApp({ env: { METRICS_PORT: String(port), LIMIT_GUESSES_PER_NETWORK_PER_HOUR: '2' } })
    const url = `http://127.0.0.1:${port}/metrics`
    earlier = await readMetrics(url)
    await anHour()
    // Each request is counted when its connection has seen the end of the answer, like its line in the log.
    while (app.logged.filter(({ msg }) => msg === 'request').length < sent) await sleep(10)
    later = await readMetrics(url)
  })
  after(() => app.stop())

  const anHour = async (): Promise<void> => {
    const client = createClient(app.url)
    const [ada, grace] = [await signUp(app), await signUp(app)]
    sent += 2
    const answers = [
      await client.register(ada.email),
      await client.register(newAddress(), 'short'),
      await client.register('not an address'),
      await client.activate(ada.email, otherThan(ada.code)),
      await client.activate(ada.email, ada.code),
      await client.activate(ada.email, ada.code),
      await client.activate(grace.email, otherThan(grace.code)),
      // The network has spent its two wrong guesses.
      await client.activate(grace.email, grace.code),
      await client.resend(grace.email),
      await client.me(ada.email),
      await client.me(ada.email, 'Wrong-Horse-99'),
      await client.me(newAddress()),
      await client.ask('GET', '/users/me'),
      await client.ask('GET', '/problems/wrong_code'),
      await client.ask('GET', '/no/such/path'),
      await client.ask('DELETE', '/users'),
      await sendRaw(app.url, 'GET / HTTP/1.1\r\nHost: a\r\nbroken header\r\n\r\n'),
      await sendRaw(app.url, request('PROPFIND / HTTP/1.1')),
    ]
    sent += answers.length
    assert.deepEqual(
      answers.map(answer => answer?.status),
      [409, 422, 422, 422, 200, 409, 422, 429, 429, 200, 401, 401, 401, 200, 404, 405, 400, 405],
    )
  }
  /** By how much series with this beginning have grown; only those that have. */
  const grown = (name: string): Record<string, number> => {
    const changed: Record<string, number> = {}
    for (const [series, value] of later) {
      const growth = value - (earlier.get(series) ?? 0)
      if (series.startsWith(name) && growth !== 0) changed[series.slice(name.length)] = growth
    }
    return changed
  }

  it('count every request, by method, route and status', () => {
    assert.deepEqual(grown('vestibule_http_request_duration_seconds_count'), {
      '{method="POST",route="/users",status="201"}': 2,
      '{method="POST",route="/users",status="409"}': 1,
      '{method="POST",route="/users",status="422"}': 2,
      '{method="POST",route="/users/activate",status="200"}': 1,
      '{method="POST",route="/users/activate",status="409"}': 1,
      '{method="POST",route="/users/activate",status="422"}': 2,
      '{method="POST",route="/users/activate",status="429"}': 1,
      '{method="POST",route="/users/resend-code",status="429"}': 1,
      '{method="GET",route="/users/me",status="200"}': 1,
      '{method="GET",route="/users/me",status="401"}': 3,
      '{method="GET",route="/problems/:code",status="200"}': 1,
      '{method="GET",route="none",status="404"}': 1,
      '{method="DELETE",route="none",status="405"}': 1,
      '{method="other",route="none",status="400"}': 1,
      '{method="other",route="none",status="405"}': 1,
    })
  })

  it('count every outcome of a use case, and every limit that was hit', () => {
    assert.deepEqual(grown('vestibule_outcomes_total'), {
      '{use_case="register",outcome="ok"}': 2,
      '{use_case="register",outcome="email_taken"}': 1,
      '{use_case="register",outcome="validation_failed"}': 2,
      '{use_case="activate",outcome="ok"}': 1,
      '{use_case="activate",outcome="wrong_code"}': 2,
      '{use_case="activate",outcome="already_active"}': 1,
      '{use_case="activate",outcome="rate_limited"}': 1,
      '{use_case="resend",outcome="rate_limited"}': 1,
      '{use_case="authenticate",outcome="ok"}': 1,
      '{use_case="authenticate",outcome="invalid_credentials"}': 2,
    })
    assert.deepEqual(grown('vestibule_limits_hit_total'), {
      '{limit="wrong_guesses_per_network"}': 1,
      '{limit="sends_per_address"}': 1,
    })
  })

  it('count every password hash, and every statement by its name', () => {
    // Two registrations, four right passwords and a wrong one of known users, and one of an unknown user.
    assert.deepEqual(grown('vestibule_hash_duration_seconds_count'), { '': 9 })
    assert.deepEqual(grown('vestibule_hash_wait_seconds_count'), { '': 9 })
    assert.deepEqual(grown('vestibule_hashes_refused_total'), {})
    const statements = grown('vestibule_statement_duration_seconds_count')
    for (const [name, times] of [
      ['register', 2],
      ['count-guess', 3],
      ['consume-code', 1],
    ] as const) {
      assert.equal(statements[`{statement="${name}"}`], times, name)
    }
    assert.deepEqual(grown('vestibule_statement_failures_total'), {})
  })

  it('give the connections of the pool, what waits, the lag of the event loop and the memory of the process', () => {
    const connections = ['busy', 'idle'].map(state =>
      later.get(`vestibule_database_connections{state="${state}"}`),
    )
    assert.ok(connections.every(count => count !== undefined && count >= 0))
    assert.equal(later.get('vestibule_database_waiting'), 0)
    assert.equal(later.get('vestibule_hashes_waiting'), 0)
    for (const series of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']) {
      assert.ok((later.get(series) ?? 0) > 0, series)
    }
  })
})
