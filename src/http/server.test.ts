import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { startHttpWorld, useHttpWorld } from '../../test/support/http-world.ts'
import { activeUser } from '../../test/support/people.ts'
import { assertProblem } from '../../test/support/problems.ts'
import { request, sendRaw } from '../../test/support/raw-http.ts'
import type { Caller } from '../application/caller.ts'
import { Unavailable } from '../domain/refusals.ts'
import type { ServerParts } from './server.ts'

const EMAIL = 'ada@example.com'
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Where nothing is special. */
const world = useHttpWorld()

describe('the server', { timeout: 30_000 }, () => {
  it('gives every answer the correlation id of the caller, or a new one, and the headers for browsers', async () => {
    for (const path of ['/health/live', '/users/me', '/nothing', '/%ff', `/problems/${'x'.repeat(200)}`]) {
      const { headers } = await world.client.ask('GET', path, { headers: { 'x-correlation-id': 'abc-1' } })
      assert.equal(headers.get('x-correlation-id'), 'abc-1', path)
      assert.equal(headers.get('x-frame-options'), 'DENY', path)
    }
    const bad = await sendRaw(world.url, request('GET /health/live HTTP/1.1', ['X-Correlation-Id: a b']))
    assert.match(bad?.headers.get('x-correlation-id') ?? '', UUID)
  })

  it('lets nobody store what is below /users, however its path is written', async () => {
    for (const path of ['/users/me', '/%75sers/me', '/users', '/users/nobody?q']) {
      assert.equal((await world.client.ask('GET', path)).headers.get('cache-control'), 'no-store', path)
    }
    for (const path of ['/health/live', '/nothing', '/nothing/users']) {
      assert.equal((await world.client.ask('GET', path)).headers.get('cache-control'), null, path)
    }
  })

  it('answers 404 to a path that is not there, and 405 to a method that its path does not answer', async () => {
    for (const path of ['/nothing', '/users/', '/USERS', '/%ff', '/web/nothing.js', '/web/']) {
      const answer = await world.client.ask('GET', path)
      assertProblem(answer, 'not_found')
      assert.equal(answer.headers.get('allow'), null)
    }
    assertProblem(await world.client.ask('POST', '/nothing', { body: 'no object' }), 'not_found')
    for (const [method, path, allowed] of [
      ['GET', '/users', 'POST'],
      ['DELETE', '/users/me?q=1', 'GET, HEAD'],
      ['POST', '/problems/wrong_code', 'GET, HEAD'],
      ['PUT', '/%75sers', 'POST'],
    ] as const) {
      const answer = await world.client.ask(method, path)
      assertProblem(answer, 'method_not_allowed')
      assert.equal(answer.headers.get('allow'), allowed)
    }
  })

  it('judges the headers before anything else', async () => {
    const twice = request('GET /nothing HTTP/1.1', ['Authorization: a', 'Authorization: b'])
    assertProblem(await sendRaw(world.url, twice), 'duplicate_header')
    const expecting = request('POST /users HTTP/1.1', ['Expect: a miracle'])
    assertProblem(await sendRaw(world.url, expecting), 'bad_request')
    assertProblem(await sendRaw(world.url, 'GET /health/live HTTP/1.1\r\n\r\n'), 'bad_request')
  })

  it('answers 503 for a dependency, with its patience, and warns', async t => {
    const error = new Unavailable('no database', { retryAfterSeconds: 3 })
    const { client, logged } = await startHttpWorld(t, {
      useCases: { authenticate: () => Promise.reject(error) },
    })
    const answer = await client.me(EMAIL)
    assertProblem(answer, 'unavailable')
    assert.equal(answer.headers.get('retry-after'), '3')
    const line = logged.find(({ msg }) => msg === 'a dependency is unavailable')
    assert.equal(line?.level, 40)
    assert.equal((line?.err as Error | undefined)?.message, 'no database')
    assert.equal(line?.correlation_id, answer.headers.get('x-correlation-id'))
  })

  it('answers 500 for a bug, says nothing of it, and logs it as an error', async t => {
    const { client, logged } = await startHttpWorld(t, {
      useCases: { authenticate: () => Promise.reject(new TypeError('s3cret is not a function')) },
    })
    const answer = await client.me(EMAIL)
    assertProblem(answer, 'internal_error')
    assert.doesNotMatch(JSON.stringify(answer.body), /s3cret/)
    assert.equal(answer.headers.get('retry-after'), null)
    const line = logged.find(({ msg }) => msg === 'unexpected error')
    assert.equal(line?.level, 50)
    assert.match((line?.err as Error | undefined)?.message ?? '', /s3cret/)
  })

  it('logs no error for what a client did wrong', async t => {
    const { client, logged } = await startHttpWorld(t)
    await client.ask('POST', '/users', { body: 'text' })
    await client.ask('GET', '/%ff')
    assert.deepEqual(
      logged.filter(({ level }) => level !== 30),
      [],
    )
  })

  it('sends clients to other instances while it drains, and not before', async t => {
    let draining = false
    const { client } = await startHttpWorld(t, { isDraining: () => draining })
    const connection = async () => (await client.ask('GET', '/nothing')).headers.get('connection')
    assert.equal(await connection(), 'keep-alive')
    draining = true
    assert.equal(await connection(), 'close')
  })

  it('answers what reaches it while it closes', async t => {
    const begun = Promise.withResolvers<void>()
    const account = Promise.withResolvers<{ ok: true; user: typeof activeUser }>()
    const reached = Promise.withResolvers<void>()
    const { server, url } = await startHttpWorld(t, {
      useCases: {
        authenticate: () => {
          begun.resolve()
          return account.promise
        },
      },
      databaseAnswers: async () => {
        reached.resolve()
        return true
      },
    })
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
    let received = ''
    socket.on('data', chunk => {
      received += chunk
    })
    socket.write(request('GET /users/me HTTP/1.1', ['Authorization: Basic YTpi']))
    await begun.promise
    const closed = server.close()
    while (server.server.listening) await new Promise(setImmediate)
    socket.write(request('GET /health/ready HTTP/1.1'))
    await reached.promise
    account.resolve({ ok: true, user: activeUser })
    await Promise.all([closed, once(socket, 'close')])
    assert.equal(received.match(/HTTP\/1\.1 \d+/g)?.join(), 'HTTP/1.1 200,HTTP/1.1 200')
  })

  it('bounds connections and the time of a request', async t => {
    const { server } = await startHttpWorld(t)
    assert.equal(server.server.maxConnections, 5000)
    assert.equal(server.server.requestTimeout, 10_000)
    assert.equal(server.server.headersTimeout, 10_000)
  })

  describe('behind proxies', () => {
    const FORWARDED = { 'x-forwarded-for': '203.0.113.9, 198.51.100.1' }
    const trust: [what: string, trustProxy: ServerParts['trustProxy'], network: string][] = [
      ['nobody', false, '127.0.0.0/24'],
      ['everybody', true, '203.0.113.0/24'],
      ['no hop', 0, '127.0.0.0/24'],
      ['one hop', 1, '198.51.100.0/24'],
      ['two hops', 2, '203.0.113.0/24'],
      ['a network', ['127.0.0.0/8'], '198.51.100.0/24'],
      ['another network', ['192.0.2.0/24'], '127.0.0.0/24'],
    ]
    for (const [what, trustProxy, network] of trust) {
      it(`that are trusted as ${what}, counts a request against ${network}`, async t => {
        const { client, asked } = await startHttpWorld(t, { trustProxy })
        await client.ask('POST', '/users', {
          body: { email: EMAIL, password: 'Correct-Horse-7' },
          headers: FORWARDED,
        })
        assert.equal((asked[0]?.[1] as { caller: Caller } | undefined)?.caller.network, network)
      })
    }
  })
})
