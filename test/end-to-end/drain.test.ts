import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { createClient, newAddress } from '../support/client.ts'
import { scratchFolder, spawnCommand } from '../support/command.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { assertProblem } from '../support/problems.ts'
import { CHEAP_HASHES, NO_METRICS } from '../support/settings.ts'

describe('an instance in production that is asked to stop', () => {
  let folder: string
  let database: TestDatabase
  const mailService = createServer((request, response) => request.resume().on('end', () => response.end()))
  before(async () => {
    folder = await scratchFolder()
    database = await createDatabase()
    mailService.listen(0, '127.0.0.1')
    await once(mailService, 'listening')
  })
  after(async () => {
    mailService.close()
    await database.drop()
    await rm(folder, { recursive: true })
  })

  const serve = async () => {
    const port = await freePort()
    const child = spawnCommand(['serve'], folder, {
      NODE_ENV: 'production',
      PORT: String(port),
      ...NO_METRICS,
      PUBLIC_URL: 'http://localhost:8000',
      DATABASE_URL: database.url,
      SECRET_KEY: 'a-key-for-tests-and-for-nothing-but-tests',
      MAIL_TRANSPORT: 'http',
      MAIL_HTTP_PROVIDER: 'webhook',
      MAIL_HTTP_URL: `http://127.0.0.1:${(mailService.address() as AddressInfo).port}`,
      ...CHEAP_HASHES,
    })
    const client = createClient(`http://127.0.0.1:${port}`)
    let ready = false
    while (!ready) {
      ready = await client.ask('GET', '/health/ready').then(
        ({ status }) => status === 200,
        () => false,
      )
    }
    return { child, client, ended: once(child, 'exit') }
  }

  /** Sends SIGTERM and waits until the log says that it was heard. */
  const askToStop = (child: ChildProcess): Promise<void> =>
    new Promise(resolve => {
      child.stdout?.on('data', chunk => String(chunk).includes('draining') && resolve())
      child.kill('SIGTERM')
    })

  it('answers 503 to /health/ready, serves while balancers notice, then ends with 0', async () => {
    const { child, client, ended } = await serve()
    await askToStop(child)
    const ready = await client.ask('GET', '/health/ready')
    assertProblem(ready, 'unavailable')
    const registered = await client.register(newAddress())
    assert.equal(registered.status, 201)
    assert.equal(registered.headers.get('connection'), 'close')
    assert.deepEqual(await ended, [0, null])
    const waiting = await database.rows(`select id from outbox where topic = 'mail'`)
    assert.deepEqual(waiting, [], 'what was accepted last has been handed over as well')
  })

  it('ends at once when it is asked a second time', async () => {
    const { child, ended } = await serve()
    await askToStop(child)
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [1, null])
  })
})
