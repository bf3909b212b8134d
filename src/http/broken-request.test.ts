import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { startHttpWorld, useHttpWorld } from '../../test/support/http-world.ts'
import { assertProblem } from '../../test/support/problems.ts'
import { request, sendRaw } from '../../test/support/raw-http.ts'
import { answerBrokenRequest } from './broken-request.ts'

type Socket = Parameters<typeof answerBrokenRequest>[1]
type Context = Parameters<typeof answerBrokenRequest>[2]

/** What is done to a socket, in order; and what is logged and observed. */
const world = (
  socket: { writable?: boolean; _httpMessage?: object | null } = {},
  code = 'HPE_INVALID_METHOD',
) => {
  const did: string[] = []
  const lines: unknown[] = []
  const observed: unknown[] = []
  let lingered = (): void => {}
  const fake = {
    writable: true,
    destroy: () => did.push('destroy'),
    end: (text: string) => did.push(text),
    setTimeout: (ms: number, then: () => void) => {
      did.push(`wait ${ms}`)
      lingered = then
    },
    ...socket,
  } as unknown as Socket
  answerBrokenRequest(Object.assign(new Error('parse error'), { code }), fake, {
    publicUrl: 'https://signup.example.com',
    observeRequest: (request: object) => observed.push(request),
    log: { info: (fields: object, text: string) => lines.push([fields, text]) },
  } as unknown as Context)
  return { did, lines, observed, lingered: () => lingered() }
}

describe('answerBrokenRequest', () => {
  it('writes HTTP to the socket, lingers, and notes the request in log and metrics', () => {
    const { did, lines, observed, lingered } = world()
    const [answer = '', ...after] = did
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    const [statusLine, ...headers] = head.split('\r\n')
    assert.equal(statusLine, 'HTTP/1.1 400 Bad request')
    const { correlation_id: id, type } = JSON.parse(body)
    assert.equal(type, 'https://signup.example.com/problems/bad_request')
    for (const header of [
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Correlation-Id: ${id}`,
      'Cache-Control: no-store',
      'strict-transport-security: max-age=31536000',
      "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'Connection: close',
    ]) {
      assert.ok(headers.includes(header), header)
    }
    assert.deepEqual(after, ['wait 1000'])
    lingered()
    assert.deepEqual(did.slice(1), ['wait 1000', 'destroy'])
    assert.deepEqual(observed, [{ method: undefined, route: undefined, status: 400, seconds: 0 }])
    assert.deepEqual(lines, [[{ correlation_id: id, method: null, route: null, status: 400 }, 'request']])
  })

  for (const [code, status] of [
    ['HPE_HEADER_OVERFLOW', 431],
    ['ERR_HTTP_REQUEST_TIMEOUT', 408],
    ['HPE_INVALID_VERSION', 400],
  ] as const) {
    it(`answers ${status} to ${code}`, () => {
      assert.ok(world({}, code).did[0]?.startsWith(`HTTP/1.1 ${status} `))
    })
  }

  const notAnswered: [what: string, socket: Parameters<typeof world>[0], code?: string][] = [
    ['nobody can be written to any more', { writable: false }],
    ['the client has reset the connection', {}, 'ECONNRESET'],
    [
      'an answer to an earlier request is due',
      { _httpMessage: { req: { complete: true }, headersSent: false } },
    ],
    [
      'an answer to an earlier request has begun',
      { _httpMessage: { req: { complete: false }, headersSent: true } },
    ],
  ]
  for (const [what, socket, code] of notAnswered) {
    it(`cuts the connection off without an answer when ${what}`, () => {
      const { did, lines, observed } = world(socket, code)
      assert.deepEqual(did, ['destroy'])
      assert.deepEqual([lines, observed], [[], []])
    })
  }

  for (const [what, socket] of [
    ['there was none before', { _httpMessage: null }],
    [
      'it is the very request that is being read',
      { _httpMessage: { req: { complete: false }, headersSent: false } },
    ],
  ] as const) {
    it(`answers when ${what}`, () => {
      assert.ok(world(socket).did[0]?.startsWith('HTTP/1.1 400 '))
    })
  }
})

describe('a request that cannot be parsed', { timeout: 30_000 }, () => {
  const service = useHttpWorld()

  it('is answered with a problem, and its connection is closed', async () => {
    const answer = await sendRaw(service.url, 'nonsense\r\n\r\n')
    assertProblem(answer, 'bad_request')
    assert.equal(answer?.closed, true)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.match(answer.headers.get('content-security-policy') ?? '', /script-src 'self'/)
  })

  it('is answered 431 when its headers are too large', async () => {
    const send = (length: number) =>
      sendRaw(service.url, request('GET /health/live HTTP/1.1', [`X-Long: ${'x'.repeat(length)}`]))
    assert.equal((await send(15_000))?.status, 200)
    assertProblem(await send(17_000), 'headers_too_large')
  })

  it('is answered after the answer to an earlier request', async t => {
    const { url, over } = await startHttpWorld(t)
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
    let received = ''
    socket.on('data', chunk => {
      received += chunk
    })
    socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await over(1)
    const closed = new Promise(resolve => socket.on('close', resolve))
    socket.write('nonsense\r\n\r\n')
    await closed
    assert.equal(received.match(/HTTP\/1\.1 \d+/g)?.join(), 'HTTP/1.1 200,HTTP/1.1 400')
  })
})
