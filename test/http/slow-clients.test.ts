import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'
import { assertProblem } from '../support/problems.ts'
import { request, sendRaw } from '../support/raw-http.ts'

describe('a client that trickles its request', () => {
  it('gets 408 request_timeout and is cut off, while others are served', async () => {
    const app = await startApp()
    try {
      // Neither ever ends: the service has to.
      const headers = sendRaw(app.url, 'GET /users/me HTTP/1.1\r\nHost: localhost\r\nX-Slow:')
      const body = sendRaw(
        app.url,
        request(
          'POST /users HTTP/1.1',
          ['Content-Type: application/json', 'Content-Length: 50'],
          '{',
          'as it is',
        ),
      )
      const silent = connect(Number(new URL(app.url).port), '127.0.0.1')
      assert.equal((await createClient(app.url).ask('GET', '/health/live')).status, 200)
      for (const answer of await Promise.all([headers, body])) {
        assertProblem(answer, 'request_timeout')
        assert.equal(answer?.closed, true)
      }
      silent.destroy()
    } finally {
      await app.stop()
    }
  })
})
