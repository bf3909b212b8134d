import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { startMetricsServer } from './metrics-server.ts'

/** A port that nobody listens on just now. */
const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const start = async (t: TestContext, text = async () => 'vestibule_up 1\n') => {
  const port = await freePort()
  const at = { host: '127.0.0.1', port }
  const server = await startMetricsServer({ text, contentType: 'text/plain; version=0.0.4' }, at)
  t.after(server.close)
  const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method })
  return { ask, port, close: server.close }
}

describe('startMetricsServer', () => {
  it('answers GET /metrics with the text of the metrics', async t => {
    const { ask } = await start(t)
    const answer = await ask('/metrics')
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4')
    assert.equal(await answer.text(), 'vestibule_up 1\n')
    assert.equal((await ask('/metrics', 'HEAD')).status, 200)
  })

  it('answers 404 to everything else', async t => {
    const { ask } = await start(t)
    for (const [path, method] of [
      ['/', 'GET'],
      ['/metrics/', 'GET'],
      ['/metrics', 'POST'],
      ['/users', 'HEAD'],
    ] as const) {
      assert.equal((await ask(path, method)).status, 404, `${method} ${path}`)
    }
  })

  it('answers 500 when the metrics cannot be read', async t => {
    const { ask } = await start(t, () => Promise.reject(new Error('no metrics')))
    const answer = await ask('/metrics')
    assert.equal(answer.status, 500)
    assert.equal(await answer.text(), '')
  })

  it('says which port is taken, and what to do', async t => {
    const { port } = await start(t)
    await assert.rejects(
      startMetricsServer({ text: async () => '', contentType: '' }, { host: '127.0.0.1', port }),
      (error: Error) => {
        assert.equal(
          error.message,
          `METRICS_PORT ${port} cannot be listened on; choose another one, or 0 for none`,
        )
        assert.equal((error.cause as { code: string }).code, 'EADDRINUSE')
        return true
      },
    )
  })

  it('ends its connections when it is closed', async t => {
    const { ask, close } = await start(t)
    await (await ask('/metrics')).text()
    close()
    await assert.rejects(ask('/metrics'))
  })
})
