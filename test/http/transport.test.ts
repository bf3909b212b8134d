import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, newAddress, PASSWORD } from '../support/client.ts'
import { assertInvalid, assertProblem, type Code } from '../support/problems.ts'
import { request, sendRaw } from '../support/raw-http.ts'

const JSON_TYPE = 'Content-Type: application/json'

let app: RunningApp
before(async () => {
  app = await startApp()
})
after(async () => {
  const unexpected = app.logged.filter(({ level }) => Number(level) >= 50)
  await app.stop()
  assert.deepEqual(unexpected, [], 'bad input is nothing to be alarmed about')
})

const send = (line: string, headers?: string[], body?: string | Buffer, framing?: 'counted' | 'as it is') =>
  sendRaw(app.url, request(line, headers, body, framing))

/** Sends a body to POST /users as it is. */
const post = (body: string | Buffer, ...headers: string[]) =>
  send('POST /users HTTP/1.1', headers.length > 0 ? headers : [JSON_TYPE], body)

const registration = (fields: object = {}): string =>
  JSON.stringify({ email: newAddress(), password: PASSWORD, ...fields })

describe('a request that is not valid HTTP', () => {
  /** The answer is a problem document, and nothing more is read from the connection. */
  const refusedAndClosed = async (bytes: string | Buffer, code: Code = 'bad_request') => {
    const answer = await sendRaw(app.url, bytes)
    assertProblem(answer, code)
    assert.equal(answer?.closed, true)
    assert.equal(answer?.headers.get('cache-control'), 'no-store')
  }

  it('gets 400 bad_request, and its connection is closed', async () => {
    const chunked = 'Transfer-Encoding: chunked'
    await refusedAndClosed('hello\r\n\r\n')
    await refusedAndClosed(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x02, 0x03]))
    await refusedAndClosed('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    await refusedAndClosed(request('BREW /users HTTP/1.1'))
    await refusedAndClosed(request('GET /us ers HTTP/1.1'))
    await refusedAndClosed(request('GET \\users HTTP/1.1'))
    await refusedAndClosed(request('GET /users HTTP/1.2'))
    await refusedAndClosed('GET /users/me HTTP/1.1\nHost: localhost\n\n')
    await refusedAndClosed(request('GET /users/me HTTP/1.1', ['X: a\rb']))
    await refusedAndClosed(request('GET /users/me HTTP/1.1', ['X: a\r\n b']))
    await refusedAndClosed(request('GET /users/me HTTP/1.1', ['X : a']))
    await refusedAndClosed(request('GET /users/me HTTP/1.1', ['X: a\u0000b']))
    await refusedAndClosed(request('POST /users HTTP/1.1', [chunked], '{}'))
    await refusedAndClosed(request('POST /users HTTP/1.1', ['Content-Length: 2'], '{}'))
    await refusedAndClosed(request('POST /users HTTP/1.1', ['Content-Length: 3'], '{}'))
    await refusedAndClosed(request('POST /users HTTP/1.1', ['Content-Length: -1'], '{}', 'as it is'))
    await refusedAndClosed(request('POST /users HTTP/1.1', ['Content-Length: 2, 2'], '{}', 'as it is'))
    await refusedAndClosed(
      request('POST /users HTTP/1.1', [JSON_TYPE, 'Transfer-Encoding: gzip'], '', 'as it is'),
    )
    await refusedAndClosed(request('POST /users HTTP/1.1', [JSON_TYPE, chunked], 'zz\r\n', 'as it is'))
  })

  it('gets 400 bad_request when its version is older than HTTP/1.0 or newer than HTTP/1.1', async () => {
    assertProblem(await sendRaw(app.url, 'GET /users/me\r\n\r\n'), 'bad_request')
    assertProblem(await send('GET /users/me HTTP/2.0'), 'bad_request')
  })

  it('never gets its answer in the place of a valid one before it', async () => {
    const email = newAddress()
    const valid = request('POST /users HTTP/1.1', [JSON_TYPE], JSON.stringify({ email, password: PASSWORD }))
    const answer = await sendRaw(app.url, Buffer.concat([valid, Buffer.from('junk\r\n\r\n')]))
    assert.ok(answer === undefined || answer.status === 201, `${answer?.status}`)
  })

  it('gets 431 headers_too_large for headers or a target of more than 16 KiB', async () => {
    await refusedAndClosed(
      request('GET /users/me HTTP/1.1', [`X: ${'a'.repeat(16 * 1024)}`]),
      'headers_too_large',
    )
    await refusedAndClosed(request(`GET /${'a'.repeat(16 * 1024)} HTTP/1.1`), 'headers_too_large')
    await refusedAndClosed(
      request('GET /users/me HTTP/1.1', Array<string>(3000).fill('A: b')),
      'headers_too_large',
    )
  })
})

describe('the headers of a request', () => {
  it('are at most 100, Host included; more get 431 headers_too_large', async () => {
    const headers = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: a`)
    assert.equal((await send('GET /health/live HTTP/1.1', headers(99)))?.status, 200)
    assertProblem(await send('GET /health/live HTTP/1.1', headers(100)), 'headers_too_large')
  })

  it('may be 16,000 bytes', async () => {
    assert.equal((await send('GET /health/live HTTP/1.1', [`X: ${'a'.repeat(16_000)}`]))?.status, 200)
  })

  it('Host, Authorization and Content-Type come once; two get 400 duplicate_header', async () => {
    const authorization = `Authorization: ${basicAuth('a@example.com')}`
    for (const twice of [
      ['Host: localhost'],
      ['Host: elsewhere'],
      [authorization, authorization],
      [authorization, `aUTHORIZATION: ${basicAuth('b@example.com')}`],
      [JSON_TYPE, JSON_TYPE],
    ]) {
      assertProblem(await send('GET /users/me HTTP/1.1', twice), 'duplicate_header')
    }
  })

  it('include Host in HTTP/1.1, else 400 bad_request; in HTTP/1.0 they need not', async () => {
    assertProblem(await sendRaw(app.url, 'GET /users/me HTTP/1.1\r\n\r\n'), 'bad_request')
    assertProblem(await sendRaw(app.url, 'GET /users/me HTTP/1.0\r\n\r\n'), 'invalid_credentials')
    assert.equal((await sendRaw(app.url, 'GET /health/live HTTP/1.0\r\n\r\n'))?.status, 200)
  })

  it('may expect 100-continue; any other expectation gets 400 bad_request', async () => {
    const expecting = (expectation: string, version = '1.1') =>
      send(`POST /users HTTP/${version}`, [JSON_TYPE, `Expect: ${expectation}`], registration())
    assert.equal((await expecting('100-continue'))?.status, 201)
    assert.equal((await expecting('100-Continue', '1.0'))?.status, 201)
    for (const expectation of ['200-ok', '100-continue, tea', 'x'.repeat(1000)]) {
      const answer = await expecting(expectation)
      assertProblem(answer, 'bad_request')
      assert.equal(answer?.headers.get('cache-control'), 'no-store')
    }
  })

  it('cannot upgrade to another protocol: Upgrade is passed over, CONNECT is closed without an answer', async () => {
    assertProblem(
      await send('GET /users/me HTTP/1.1', ['Connection: Upgrade', 'Upgrade: websocket']),
      'invalid_credentials',
    )
    assert.equal(await send('CONNECT localhost:80 HTTP/1.1'), undefined, 'closed without an answer')
  })
})

describe('the target of a request', () => {
  it('gets 404 not_found when it is no path of the service, however it is written', async () => {
    for (const path of [
      '/users%00',
      '/users/%00',
      '/users/../health/live',
      '/users/..',
      '/%2e%2e/users',
      '/users%2fme',
      '/%ff',
      '/users/%ff',
      '/users/%',
      '/problems/%ff',
      '/problems/..%2f..%2fpackage.json',
      '/docs/static/nothing.js',
      '/docs/static/..%2f..%2fpackage.json',
      '//users',
      '/users;a=b',
      `/${'a'.repeat(15_000)}`,
    ]) {
      assertProblem(await send(`GET ${path} HTTP/1.1`), 'not_found')
    }
  })

  it('may be an absolute URL', async () => {
    assertProblem(await send('GET http://localhost/users/me?a=b HTTP/1.1'), 'invalid_credentials')
    const answer = await send('DELETE http://localhost/users/me HTTP/1.1')
    assertProblem(answer, 'method_not_allowed')
    assert.equal(answer?.headers.get('allow'), 'GET, HEAD')
  })
})

describe('the query of a request', () => {
  it('is read by no route: a callback in it does not make JSONP of an answer', async () => {
    const health = await send('GET /health/live?callback=f&jsonp=f HTTP/1.1')
    assert.equal(health?.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.deepEqual(health?.body, { status: 'ok' })
    assertProblem(await send('GET /users/me?callback=f&jsonp=f HTTP/1.1'), 'invalid_credentials')
  })
})

describe('the body of a request', () => {
  it('is declared as application/json in UTF-8, not compressed, else 415 unsupported_media_type', async () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON;charset="UTF-8"',
    ]) {
      assert.equal((await post(registration(), `Content-Type: ${type}`))?.status, 201, type)
    }
    for (const headers of [
      ['Content-Type: application/json; charset=latin1'],
      ['Content-Type: application/json; charset=utf-16'],
      ['Content-Type: text/plain'],
      ['Content-Type: application/x-www-form-urlencoded'],
      ['Content-Type: multipart/form-data; boundary=a'],
      ['Content-Type: application/jsonp'],
      ['Content-Type: application/json, text/plain'],
      ['Content-Type: bogus'],
      ['Content-Type:'],
      ['X-No-Content-Type: at all'],
      [JSON_TYPE, 'Content-Encoding: gzip'],
      [JSON_TYPE, 'Content-Encoding: identity, br'],
    ]) {
      assertProblem(await post(registration(), ...headers), 'unsupported_media_type')
    }
  })

  it('is one JSON object, else 400 malformed_body', async () => {
    for (const body of [
      '',
      ' ',
      '{',
      '{"email":',
      '{}{}',
      'null',
      'true',
      '1',
      '"a"',
      '[]',
      '[{}]',
      "{'a':1}",
    ]) {
      assertProblem(await post(body), 'malformed_body')
    }
    assertProblem(await post(`${'['.repeat(4000)}${']'.repeat(4000)}`), 'malformed_body')
    assertProblem(await send('POST /users HTTP/1.1'), 'malformed_body')
    assertProblem(
      await send('POST /users/activate HTTP/1.1', [`Authorization: ${basicAuth('a@example.com')}`]),
      'malformed_body',
    )
  })

  it('is valid UTF-8, else 400 malformed_body', async () => {
    const [before = '', behind = ''] = registration({ password: 'Correct-#-Horse' }).split('#')
    for (const bytes of [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(behind)])
      assertProblem(await post(body), 'malformed_body')
    }
    assert.equal((await post(registration({ password: 'Correct-é🔑-Horse' })))?.status, 201)
  })

  it('gets 400 malformed_body when a key reaches for a prototype', async () => {
    for (const body of [
      '{"__proto__":{"email":"a@example.com"}}',
      '{"\\u005f_proto__":1}',
      '{"constructor":{"prototype":{}}}',
      '{"email":{"__proto__":1}}',
    ]) {
      assertProblem(await post(body), 'malformed_body')
    }
  })

  it('gets 422 with the rule unknown_field for a field that is not of the route, however deep', async () => {
    const deep = `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`
    assertInvalid(await post(registration({ toString: 1 })), '/toString unknown_field')
    assertInvalid(await post(registration({ a: 1, B: 2 })), '/a unknown_field', '/B unknown_field')
    assertInvalid(await post(registration({ a: JSON.parse(deep) })), '/a unknown_field')
  })

  it('gets at most 20 unknown fields listed', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`f${n}`, n]))
    const answer = await post(registration(many))
    assert.ok(answer)
    assert.equal((answer.body.errors as object[]).length, 20)
  })

  it('gets 422 for text with a lone surrogate, which is no Unicode', async () => {
    const lone = (field: string, value: string) => post(registration({ [field]: value }))
    assertInvalid(await lone('password', 'Correct-Horse-\ud800'), '/password password_not_unicode')
    assertInvalid(await lone('email', '\udc00@example.com'), '/email email_local_part_not_ascii')
    assertInvalid(await lone('locale', '\ud800'), '/locale locale_format')
  })

  it('is at most 8 KiB, with and without Content-Length; more gets 413 body_too_large and a closed connection', async () => {
    const ofSize = (bytes: number) => {
      const short = registration()
      return short.replace('{', `{${' '.repeat(bytes - short.length)}`)
    }
    const chunked = (body: string) =>
      send(
        'POST /users HTTP/1.1',
        [JSON_TYPE, 'Transfer-Encoding: chunked'],
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        'as it is',
      )
    assert.equal((await post(ofSize(8192)))?.status, 201)
    assert.equal((await chunked(ofSize(8192)))?.status, 201)
    for (const answer of [
      await post(ofSize(8193)),
      await chunked(ofSize(8193)),
      await send('POST /users HTTP/1.1', [JSON_TYPE, 'Content-Length: 8193'], '', 'as it is'),
      await send('POST /users HTTP/1.1', [JSON_TYPE, `Content-Length: ${2 ** 53}`], '', 'as it is'),
    ]) {
      assertProblem(answer, 'body_too_large')
      assert.equal(answer?.closed, true)
    }
  })
})
