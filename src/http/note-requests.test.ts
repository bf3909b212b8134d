import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHttpWorld } from '../../test/support/http-world.ts'
import type { Caller } from '../application/caller.ts'
import { Unavailable } from '../domain/refusals.ts'

const EMAIL = 'ada@example.com'

describe('a request that is over', { timeout: 10_000 }, () => {
  it('is a line in the log and an observation, by the route it met and not by its path', async t => {
    const { client, logged, observed, over } = await startHttpWorld(t)
    const { headers } = await client.ask('GET', '/problems/s3cret')
    await client.ask('POST', '/s3cret')
    await client.ask('GET', '/%ff/s3cret')
    await over(3)
    assert.deepEqual(
      observed.map(({ method, route, status }) => [method, route, status]),
      [
        ['GET', '/problems/:code', 404],
        ['POST', undefined, 404],
        ['GET', undefined, 404],
      ],
    )
    const [first, second] = logged
    assert.deepEqual(
      { ...first, duration_ms: 0 },
      {
        level: 30,
        correlation_id: headers.get('x-correlation-id'),
        method: 'GET',
        route: '/problems/:code',
        status: 404,
        duration_ms: 0,
        msg: 'request',
      },
    )
    assert.equal(second?.route, null)
    assert.doesNotMatch(JSON.stringify(logged), /s3cret/)
    const [{ seconds } = { seconds: 0 }] = observed
    assert.ok(seconds > 0 && seconds < 10)
    const durationMs = Number(first?.duration_ms)
    assert.equal(durationMs, Math.round(durationMs * 10) / 10)
    assert.ok(Math.abs(durationMs - seconds * 1000) <= 50, `${durationMs} ms of ${seconds} s`)
  })

  it('has no status when its client has gone, whose signal is aborted', async t => {
    let caller: Caller | undefined
    const begun = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    const { url, logged, observed, over } = await startHttpWorld(t, {
      useCases: {
        authenticate: async (_credentials, its) => {
          caller = its
          its.gone?.addEventListener('abort', () => gone.resolve())
          begun.resolve()
          await gone.promise
          throw new Error('for nobody')
        },
      },
    })
    const abort = new AbortController()
    const authorization = `Basic ${Buffer.from('a:b').toString('base64')}`
    const asking = fetch(`${url}/users/me`, { headers: { authorization }, signal: abort.signal })
    await begun.promise
    assert.equal(caller?.gone?.aborted, false)
    abort.abort()
    await assert.rejects(asking)
    await gone.promise
    await over(1)
    assert.deepEqual([observed[0]?.route, observed[0]?.status], ['/users/me', undefined])
    const line = logged.find(({ msg }) => msg === 'request given up by its client')
    assert.equal(line?.status, null)
  })

  it('leaves the signal of a client that was answered alone', async t => {
    let caller: Caller | undefined
    const { client, over } = await startHttpWorld(t, {
      useCases: {
        authenticate: async (_credentials, its) => {
          caller = its
          throw new Unavailable('no database')
        },
      },
    })
    await client.me(EMAIL)
    await over(1)
    assert.equal(caller?.gone?.aborted, false)
  })
})
