import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { request, sendRaw } from '../support/raw-http.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

describe('every answer', () => {
  const everyKind = (headers: Record<string, string>) =>
    Promise.all([
      client.ask('POST', '/users', { headers, body: { email: newAddress(), password: PASSWORD } }),
      client.ask('POST', '/users', { headers, body: {} }),
      client.ask('GET', '/users/me', { headers }),
      client.ask('DELETE', '/users/me', { headers }),
      client.ask('GET', '/users/nobody', { headers }),
      client.ask('GET', '/health/live', { headers }),
      client.ask('GET', '/problems/wrong_code', { headers }),
      client.ask('GET', '/openapi.json', { headers }),
      client.ask('GET', '/nothing', { headers }),
      client.ask('GET', '/%ff', { headers }),
      client.ask('GET', `/problems/${'a'.repeat(200)}`, { headers }),
      client.ask('GET', '/docs/static/nothing.js', { headers }),
    ])

  it('carries the X-Correlation-Id of the caller, 1 to 64 letters, digits, dots, underscores or hyphens', async () => {
    for (const id of ['a', 'A-z_0.9', 'x'.repeat(64)]) {
      for (const { headers } of await everyKind({ 'x-correlation-id': id })) {
        assert.equal(headers.get('x-correlation-id'), id)
      }
    }
  })

  it('carries a new X-Correlation-Id, a UUID, when the caller sends none, or any other', async () => {
    const harmful = ['', 'x'.repeat(65), 'x'.repeat(10_000), 'a b', 'a"b', 'a,b', '<b>', '../x', 'ä']
    for (const id of [undefined, ...harmful]) {
      const answers = await everyKind(id === undefined ? {} : { 'x-correlation-id': id })
      const ids = answers.map(({ headers }) => headers.get('x-correlation-id') ?? '')
      for (const given of ids) assert.match(given, UUID)
      assert.equal(new Set(ids).size, ids.length, 'each has its own')
    }
  })

  it('carries a new X-Correlation-Id when the caller sends two', async () => {
    const answer = await sendRaw(
      app.url,
      request('GET /health/live HTTP/1.1', ['X-Correlation-Id: one', 'X-Correlation-Id: two']),
    )
    assert.match(answer?.headers.get('x-correlation-id') ?? '', UUID)
  })

  it("carries nosniff, DENY and a Content-Security-Policy from 'none', even to what was no request", async () => {
    const broken = await sendRaw(app.url, 'nonsense\r\n\r\n')
    assert.ok(broken)
    for (const { headers } of [...(await everyKind({})), broken]) {
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('x-frame-options'), 'DENY')
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin')
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
      const policy = headers.get('content-security-policy') ?? ''
      assert.match(policy, /^default-src 'none';/)
      assert.match(policy, /frame-ancestors 'none'/)
      assert.doesNotMatch(policy, /unsafe|\*|http/)
      assert.equal(headers.get('strict-transport-security'), null, 'there is no TLS to insist on')
    }
  })

  it('carries Strict-Transport-Security when PUBLIC_URL is https, and else does not', async () => {
    const behindTls = await startApp({ env: { PUBLIC_URL: 'https://signup.example.com' } })
    try {
      const { headers } = await createClient(behindTls.url).ask('GET', '/health/live')
      assert.match(headers.get('strict-transport-security') ?? '', /^max-age=\d{8,}/)
    } finally {
      await behindTls.stop()
    }
  })

  it('redirects nowhere, not even to HTTPS when PUBLIC_URL is https', async () => {
    const behindTls = await startApp({ env: { PUBLIC_URL: 'https://signup.example.com' } })
    try {
      for (const { url } of [app, behindTls]) {
        for (const target of [
          '/',
          '/users/me',
          '/health/live',
          '/problems/wrong_code',
          '/docs',
          '/docs/',
          '/docs/static/',
          '//x.example',
        ]) {
          const answer = await sendRaw(url, request(`GET ${target} HTTP/1.1`, ['X-Forwarded-Proto: http']))
          assert.ok(answer && (answer.status < 300 || answer.status >= 400), `${answer?.status} ${target}`)
          assert.equal(answer.headers.get('location'), null, target)
        }
      }
    } finally {
      await behindTls.stop()
    }
  })

  it('carries no Server or X-Powered-By, which would name what it is made of', async () => {
    const broken = await sendRaw(app.url, 'nonsense\r\n\r\n')
    assert.ok(broken)
    for (const { headers } of [...(await everyKind({})), broken]) {
      assert.equal(headers.get('server'), null)
      assert.equal(headers.get('x-powered-by'), null)
    }
  })

  it('carries no header of CORS, whatever Origin asks; a preflight gets 405 or 404', async () => {
    const asking = {
      origin: 'https://elsewhere.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type',
    }
    const preflights = await Promise.all(
      ['/users', '/users/activate', '/users/resend-code', '/users/me', '/nothing'].map(path =>
        client.ask('OPTIONS', path, { headers: asking }),
      ),
    )
    assert.deepEqual(
      preflights.map(({ status }) => status),
      [405, 405, 405, 405, 404],
    )
    for (const { headers } of [...preflights, ...(await everyKind(asking))]) {
      assert.doesNotMatch([...headers.keys()].join(), /access-control/)
    }
  })

  it('below /users carries Cache-Control: no-store, however the path is written', async () => {
    for (const target of [
      '/users',
      '/users?a=b',
      '/users/me',
      '/users/nobody',
      '/users/%ff',
      '/users%00',
      '/%75sers/me',
      'http://localhost/users/me',
    ]) {
      const answer = await sendRaw(app.url, request(`GET ${target} HTTP/1.1`))
      assert.equal(answer?.headers.get('cache-control'), 'no-store', target)
    }
    const registered = await client.register(newAddress())
    assert.equal(registered.status, 201)
    assert.equal(registered.headers.get('cache-control'), 'no-store')
  })
})
