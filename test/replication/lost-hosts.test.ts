import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'
import { type ReplicatedPostgres, severalHosts, startReplicatedPostgres } from '../support/replication.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** How long a host that says nothing may be waited for; what does not wait for it takes a small part of that. */
const TIMEOUT_MS = 20_000

describe('a host that is lost in the network', () => {
  let servers: ReplicatedPostgres
  let lost: TcpProxy
  let app: RunningApp | undefined
  before(async () => {
    servers = await startReplicatedPostgres()
  })
  after(async () => {
    // Without it there would be no end to what is waited for.
    await lost.close()
    await app?.stop()
    await servers.stop()
  })

  const started = (url: string, timeoutMs: number): Promise<RunningApp> =>
    startApp({
      database: { url, rows: servers.rows, drop: async () => {} },
      env: { DATABASE_TIMEOUT_MS: String(timeoutMs) },
    })

  it('delays no answer while the other host is there', async () => {
    lost = await startTcpProxy(servers.standbyUrl)
    await lost.swallow()
    const begun = performance.now()
    app = await started(severalHosts(lost.url, servers.primaryUrl), TIMEOUT_MS)
    const client = createClient(app.url)
    assert.equal((await client.register(newAddress())).status, 201)
    assert.ok(performance.now() - begun < TIMEOUT_MS)
    await app.stop()
    await lost.close()
  })

  it('is left for the standby that has taken over', async () => {
    lost = await startTcpProxy(servers.primaryUrl)
    app = await started(severalHosts(lost.url, servers.standbyUrl), 1000)
    const client = createClient(app.url)
    const before = newAddress()
    assert.equal((await client.register(before)).status, 201)

    // Connections stay open, and nothing is heard on them any more.
    lost.freeze()
    await servers.crashPrimary()
    await servers.promoteStandby()
    let answer = await client.register(newAddress())
    while (answer.status === 503) answer = await client.register(newAddress())
    assert.equal(answer.status, 201)
    assert.equal((await client.register(before)).body.code, 'email_taken')
  })
})
