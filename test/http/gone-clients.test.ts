import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { createAdmission } from '../../src/infrastructure/crypto/hash-admission.ts'
import { startApp } from '../support/app.ts'
import { createClient, newAddress } from '../support/client.ts'
import { request } from '../support/raw-http.ts'

describe('a client that leaves before its turn comes', () => {
  it('costs no hash and stores nothing, while those who stay get 201', async () => {
    const { admit } = createAdmission({ concurrency: 1, queueMs: 60_000 })
    const begun: string[] = []
    const firstBegins = Promise.withResolvers<void>()
    const firstMayEnd = Promise.withResolvers<void>()
    const hashPassword = async (password: string, gone?: AbortSignal) => {
      const work = async () => {
        begun.push(password)
        firstBegins.resolve()
        await firstMayEnd.promise
        return '$phc$'
      }
      const admitted = await admit('later', work, gone)
      return admitted.ok ? { ok: true as const, phc: admitted.value } : admitted
    }
    const verifyPassword = () => assert.fail('nobody signs in')
    const app = await startApp({ standIns: { hashing: { hashPassword, verifyPassword } } })
    try {
      const client = createClient(app.url)
      const first = client.register(newAddress(), 'First-Horse-77')
      await firstBegins.promise

      const leaving = connect(Number(new URL(app.url).port), '127.0.0.1')
      const body = JSON.stringify({ email: newAddress(), password: 'Leaving-Horse-7' })
      leaving.write(request('POST /users HTTP/1.1', ['Content-Type: application/json'], body))
      await once(leaving, 'connect')
      // Answered later than the request before it was read.
      await client.ask('GET', '/health/ready')
      const second = client.register(newAddress(), 'Second-Horse-7')
      leaving.destroy()
      await app.logLine({ msg: 'request given up by its client', route: '/users', status: null })

      firstMayEnd.resolve()
      assert.deepEqual([(await first).status, (await second).status], [201, 201])
      assert.deepEqual(begun, ['First-Horse-77', 'Second-Horse-7'])
      assert.equal((await app.database.rows('select from users')).length, 2)
    } finally {
      await app.stop()
    }
  })
})
