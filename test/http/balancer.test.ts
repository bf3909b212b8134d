import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { createDatabase } from '../support/database.ts'
import { type Balancer, noBalancer, startBalancer } from '../support/haproxy.ts'
import { assertProblem } from '../support/problems.ts'
import { request, sendRaw } from '../support/raw-http.ts'

const PUBLIC_URL = 'http://localhost:8000'
const database = await createDatabase()
after(database.drop)

const hostOf = (url: string): string => new URL(url).host

/** Where nobody listens. */
const nobody = async (): Promise<string> => `127.0.0.1:${await freePort()}`

/** In front of these, and of nobody where there are fewer than three. */
const balance = async (...instances: string[]): Promise<Balancer> =>
  startBalancer(
    [instances[0] ?? (await nobody()), instances[1] ?? (await nobody()), instances[2] ?? (await nobody())],
    PUBLIC_URL,
  )

const post = (body: string | Buffer, ...headers: string[]): Buffer =>
  request('POST /users HTTP/1.1', ['Content-Type: application/json', ...headers], body)
const chunked = (body: string): Buffer =>
  request(
    'POST /users HTTP/1.1',
    ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
    `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    'as it is',
  )
const get = (path: string, ...headers: string[]): Buffer => request(`GET ${path} HTTP/1.1`, headers)
const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `X-${n}: ${n}`)

/** Each is answered by the service, in the same words whatever stands in front of it. */
const REQUESTS: Record<string, Buffer> = {
  'a path there is': get('/health/ready'),
  'a path there is not': get('/nowhere'),
  'a method there is not': request('DELETE /users HTTP/1.1', []),
  'a page about a problem': get('/problems/wrong_code'),
  'no credentials': get('/users/me'),
  'wrong credentials': get('/users/me', `Authorization: ${basicAuth('nobody@example.com')}`),
  'two Authorization headers': get('/users/me', 'Authorization: Basic YTpi', 'Authorization: Basic YTpi'),
  'no JSON': post('{'),
  'an empty body': post(''),
  'another content type': request('POST /users HTTP/1.1', ['Content-Type: text/plain'], 'x'),
  'a bad address and a bad password': post('{"email":"x","password":"x"}'),
  'a body over 8 KiB': post('x'.repeat(9000)),
  'a body of 100 KB': post('x'.repeat(100_000)),
  'a body over 8 KiB in chunks': chunked('x'.repeat(9000)),
  'an expectation that is met': post('{"email":"x","password":"x"}', 'Expect: 100-continue'),
  'an expectation that there is not': post('{}', 'Expect: a miracle'),
  'a header over 16 KiB': get('/users/me', `X-Long: ${'x'.repeat(20_000)}`),
  '200 headers': get('/users/me', ...many(200)),
  'no Host': Buffer.from('GET /users/me HTTP/1.1\r\n\r\n'),
  'HTTP/1.0': request('GET /users/me HTTP/1.0'),
}

/** Two readers might see two bodies in them. */
const AMBIGUOUS: Record<string, string[]> = {
  'Content-Length and Transfer-Encoding': ['Content-Length: 2', 'Transfer-Encoding: chunked'],
  'two Content-Lengths': ['Content-Length: 2', 'Content-Length: 3'],
  'a Transfer-Encoding there is not': ['Transfer-Encoding: xchunked'],
  'a blank before the colon': ['Content-Length : 2'],
}

describe('HAProxy in front of one instance', { skip: noBalancer }, () => {
  let app: RunningApp
  let balancer: Balancer
  before(async () => {
    app = await startApp({ database, env: { TRUST_PROXY: '1' } })
    balancer = await balance(hostOf(app.url))
    // From now on nothing is tried at the other two.
    for (const instance of [1, 2]) await balancer.until(instance, 'down')
  })
  after(async () => {
    await balancer.stop()
    await app.stop()
  })

  /** What an answer says, without what is new each time or has to do with the connection. */
  const saysTo = async (url: string, bytes: Buffer) => {
    const answer = await sendRaw(url, bytes)
    assert.ok(answer, 'closed without an answer')
    const { date, connection, 'keep-alive': _, ...headers } = Object.fromEntries(answer.headers)
    const id = headers['x-correlation-id'] ?? ''
    assert.match(id, /./)
    return JSON.parse(
      JSON.stringify({ status: answer.status, headers, body: answer.body }).replaceAll(id, 'an id'),
    )
  }
  for (const [what, bytes] of Object.entries(REQUESTS)) {
    it(`passes on the answer to ${what}`, async () => {
      assert.deepEqual(await saysTo(balancer.url, bytes), await saysTo(app.url, bytes))
    })
  }

  for (const [what, framing] of Object.entries(AMBIGUOUS)) {
    it(`answers ${what} itself with 400, and closes`, async () => {
      const seen = app.logged.length
      const bytes = request('POST /users HTTP/1.1', framing, '{}', 'as it is')
      const answer = await sendRaw(balancer.url, bytes)
      assert.deepEqual([answer?.status, answer?.closed], [400, true])
      assert.deepEqual(app.logged.slice(seen), [])
    })
  }

  it('passes on an X-Correlation-Id that the service would take, and replaces any other', async () => {
    const answer = await sendRaw(balancer.url, get('/users/me', 'X-Correlation-Id: abc-1'))
    assert.equal(answer?.headers.get('x-correlation-id'), 'abc-1')
    const other = await sendRaw(balancer.url, get('/users/me', 'X-Correlation-Id: a b'))
    assert.match(other?.headers.get('x-correlation-id') ?? '', /^[0-9a-f-]{36}$/)
  })
})

describe('X-Forwarded-For behind HAProxy', { skip: noBalancer }, () => {
  const networkOf = async (app: RunningApp, balancer: Balancer, forwarded: string[]) => {
    const headers = { authorization: basicAuth(newAddress()), 'x-forwarded-for': forwarded }
    const before = app.logged.length
    // An address that is neither the balancer's nor the instance's.
    const asked = ask(`${balancer.url}/users/me`, { headers, localAddress: '127.0.9.1', agent: false }).end()
    const [answer] = await once(asked, 'response')
    answer.resume()
    assert.equal(answer.statusCode, 401)
    await app.logLine({ route: '/users/me', correlation_id: answer.headers['x-correlation-id'] })
    return app.logged.slice(before).find(({ audit }) => audit === 'credentials_refused')?.network
  }

  for (const trustProxy of ['1', 'true', '127.0.0.1']) {
    it(`holds the address of the client, whatever that sends, for TRUST_PROXY=${trustProxy}`, async () => {
      const app = await startApp({ database, env: { TRUST_PROXY: trustProxy } })
      const balancer = await balance(hostOf(app.url))
      try {
        for (const claim of [[], ['192.0.2.1'], ['192.0.2.1, 198.51.100.1'], ['192.0.2.1', '198.51.100.1']]) {
          assert.equal(await networkOf(app, balancer, claim), '127.0.9.0/24', JSON.stringify(claim))
        }
      } finally {
        await balancer.stop()
        await app.stop()
      }
    })
  }
})

describe('HAProxy, when instances are gone', { skip: noBalancer }, () => {
  it('answers 503 unavailable while there is none at all', async () => {
    const balancer = await balance()
    try {
      for (const instance of [0, 1, 2]) await balancer.until(instance, 'down')
      const answer = await sendRaw(balancer.url, get('/users/me', 'X-Correlation-Id: abc-1'))
      assertProblem(answer, 'unavailable')
      assert.equal(answer?.headers.get('x-correlation-id'), 'abc-1')
    } finally {
      await balancer.stop()
    }
  })

  it('sends a request to another one when no connection comes about', async () => {
    const app = await startApp({ database })
    const balancer = await balance(await nobody(), await nobody(), hostOf(app.url))
    try {
      const { register } = createClient(balancer.url)
      for (let times = 0; times < 6; times += 1) assert.equal((await register(newAddress())).status, 201)
    } finally {
      await balancer.stop()
      await app.stop()
    }
  })

  it('sends a request that has reached one instance to no other', async () => {
    const posts: string[] = []
    // Ready, and dead as soon as somebody wants to register.
    const instance = createServer((request, response) => {
      if (request.method === 'GET') return response.end()
      posts.push(request.url ?? '')
      request.socket.destroy()
    }).listen(0, '127.0.0.1')
    await once(instance, 'listening')
    const at = `127.0.0.1:${(instance.address() as AddressInfo).port}`
    const balancer = await balance(at, at, at)
    try {
      const body = JSON.stringify({ email: newAddress(), password: PASSWORD })
      assertProblem(await sendRaw(balancer.url, post(body)), 'unavailable')
      assert.deepEqual(posts, ['/users'])
    } finally {
      await balancer.stop()
      instance.close()
      instance.closeAllConnections()
    }
  })
})
