import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { freePort } from './free-port.ts'

const listen = async (t: TestContext, port: number): Promise<Server> => {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

describe('freePort', () => {
  it('finds a port that can be listened on', async t => {
    const port = await freePort()
    assert.equal(portOf(await listen(t, port)), port)
  })

  it('takes the preferred port if it is free', async () => {
    const port = await freePort()
    assert.equal(await freePort(port), port)
  })

  it('takes another when the preferred one is in use', async t => {
    const taken = portOf(await listen(t, 0))
    const port = await freePort(taken)
    assert.notEqual(port, taken)
    await listen(t, port)
  })
})
