import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHttpWorld } from '../../test/support/http-world.ts'
import type { RequestBegun } from '../application/request-report.ts'
import { Unavailable } from '../domain/refusals.ts'
import type { ServerParts } from './server.ts'

describe('a traced request', { timeout: 10_000 }, () => {
  const TRACE_PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

  /** Traces with the id `trace-1`, and what became of them. */
  const tracing = () => {
    const begun: RequestBegun[] = []
    const ended: (number | undefined)[] = []
    let within = 0
    const traceRequest: ServerParts['traceRequest'] = request => {
      begun.push(request)
      return {
        traceId: 'trace-1',
        within: work => {
          within += 1
          work()
        },
        end: status => ended.push(status),
      }
    }
    return { begun, ended, traceRequest, within: () => within }
  }

  it('is part of the trace of its caller, with its lines in the log, and ends with its status', async t => {
    const { begun, ended, traceRequest, within } = tracing()
    const { client, logged, over } = await startHttpWorld(t, {
      traceRequest,
      useCases: { authenticate: () => Promise.reject(new Unavailable('no database')) },
    })
    const headers = { traceparent: TRACE_PARENT, authorization: 'Basic YTpi', 'x-correlation-id': 'abc-1' }
    await client.ask('GET', '/users/me', { headers })
    await client.ask('GET', '/nothing', { headers: { 'x-correlation-id': 'abc-2' } })
    await over(2)
    assert.deepEqual(begun, [
      { method: 'GET', route: '/users/me', correlationId: 'abc-1', traceParent: TRACE_PARENT },
      { method: 'GET', route: undefined, correlationId: 'abc-2', traceParent: undefined },
    ])
    assert.equal(within(), 2)
    assert.deepEqual(ended, [503, 404])
    assert.ok(logged.length >= 3)
    for (const line of logged) assert.equal(line.trace_id, 'trace-1')
  })

  it('is none that asks for health', async t => {
    const { begun, traceRequest } = tracing()
    const { client } = await startHttpWorld(t, { traceRequest })
    assert.equal((await client.ask('GET', '/health/live')).status, 200)
    assert.deepEqual(begun, [])
  })

  it('ends without a status when its client has gone', async t => {
    const { ended, traceRequest } = tracing()
    const begun = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    const { url, over } = await startHttpWorld(t, {
      traceRequest,
      useCases: {
        authenticate: async (_credentials, caller) => {
          caller.gone?.addEventListener('abort', () => gone.resolve())
          begun.resolve()
          await gone.promise
          throw new Error('for nobody')
        },
      },
    })
    const abort = new AbortController()
    const headers = { authorization: 'Basic YTpi' }
    const asking = fetch(`${url}/users/me`, { headers, signal: abort.signal })
    await begun.promise
    abort.abort()
    await assert.rejects(asking)
    await over(1)
    assert.deepEqual(ended, [undefined])
  })
})
