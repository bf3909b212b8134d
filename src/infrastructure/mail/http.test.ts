import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { selfSigned } from '../../../test/support/certificate.ts'
import { answerWith, startMailService } from '../../../test/support/mail-service.ts'
import { outgoingMail } from '../../../test/support/messages.ts'
import type { FailureClass } from '../../application/outbox.ts'
import { freePort } from '../embedded/free-port.ts'
import { httpTransport } from './http.ts'
import { webhook } from './providers/webhook.ts'

/** `timeoutMs` is long for those that get an answer, and short for those that wait for none. */
const openTransport = (t: TestContext, url: string, timeoutMs = 10_000) => {
  const transport = httpTransport(webhook(undefined), { url, timeoutMs })
  t.after(transport.close)
  return transport
}

const handOverTo = async (t: TestContext, answer: (response: ServerResponse) => void, timeoutMs?: number) => {
  const { url } = await startMailService(t, answer)
  return openTransport(t, url, timeoutMs).handOver(outgoingMail())
}

const failed = { result: 'failed', retryAfterSeconds: undefined }

describe('mail by HTTP', { timeout: 30_000 }, () => {
  it('is a POST with text and HTML, Idempotency-Key and X-Correlation-Id', async t => {
    const { url, received } = await startMailService(t, answerWith(202))
    const mail = outgoingMail({ text: 'Zwölf: 0042 ✓' })
    assert.deepEqual(await openTransport(t, url).handOver(mail), { result: 'accepted' })

    const [request] = received
    assert.ok(request)
    assert.equal(`${request.method} ${request.path}`, 'POST /')
    assert.equal(request.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(request.headers['idempotency-key'], mail.id)
    assert.equal(request.headers['x-correlation-id'], mail.correlationId)
    const { to, from, subject, text, html, correlationId } = mail
    assert.deepEqual(JSON.parse(String(request.body)), {
      to,
      from,
      subject,
      text,
      html,
      correlation_id: correlationId,
    })
  })

  it('is the same request, with the same Idempotency-Key, on every attempt', async t => {
    const { url, received } = await startMailService(t, answerWith(503))
    const transport = openTransport(t, url)
    await transport.handOver(outgoingMail())
    await transport.handOver(outgoingMail())
    assert.equal(received.length, 2)
    assert.deepEqual(received[0], received[1])
    assert.notEqual(received[0]?.body.length, 0)
  })

  for (const status of [200, 201, 202, 204, 299]) {
    it(`is accepted by ${status}`, async t => {
      assert.deepEqual(await handOverTo(t, answerWith(status)), { result: 'accepted' })
    })
  }

  const failures: Record<FailureClass, number[]> = {
    refused: [400, 406, 410, 413, 415, 422],
    deferred: [409, 423],
    rate_limited: [429],
    unavailable: [408, 421, 425, 500, 502, 503, 504],
    misconfigured: [301, 401, 402, 403, 404, 405, 407, 451],
  }
  for (const [failure, statuses] of Object.entries(failures)) {
    it(`fails as ${failure} at ${statuses.join(', ')}`, async t => {
      for (const status of statuses) {
        const result = await handOverTo(t, answerWith(status))
        assert.deepEqual(result, { ...failed, failure, reason: `http ${status}` })
      }
    })
  }

  it('fails as misconfigured at a redirect, which is not followed', async t => {
    const elsewhere = await startMailService(t, answerWith(200))
    const result = await handOverTo(t, answerWith(307, { location: elsewhere.url }))
    assert.deepEqual(result, { ...failed, failure: 'misconfigured', reason: 'http 307' })
    assert.deepEqual(elsewhere.received, [])
  })

  const retryAfters: [what: string, header: string, holds: (seconds: number | undefined) => boolean][] = [
    ['a number of seconds', '7', seconds => seconds === 7],
    ['zero seconds', '0', seconds => seconds === 0],
    [
      'a date',
      new Date(Date.now() + 3_600_000).toUTCString(),
      // The date has no milliseconds; the rest is what the test itself may take.
      seconds => seconds !== undefined && seconds <= 3600 && seconds > 3500,
    ],
    ['a date that has passed', 'Wed, 21 Oct 2015 07:28:00 GMT', seconds => seconds === 0],
    ['nonsense', 'soon', seconds => seconds === undefined],
    ['nothing', '', seconds => seconds === undefined],
  ]
  for (const [what, header, holds] of retryAfters) {
    it(`reads ${what} in Retry-After`, async t => {
      for (const status of [429, 503]) {
        const result = await handOverTo(t, answerWith(status, { 'retry-after': header }))
        assert.ok(result.result === 'failed')
        assert.ok(holds(result.retryAfterSeconds), `${result.retryAfterSeconds}`)
      }
    })
  }

  it('reads a date in Retry-After by the clock of the server that answers', async t => {
    const date = 'Sat, 31 Jan 2026 12:00:00 GMT'
    const result = await handOverTo(
      t,
      answerWith(503, { date, 'retry-after': 'Sat, 31 Jan 2026 12:01:00 GMT' }),
    )
    assert.ok(result.result === 'failed')
    assert.equal(result.retryAfterSeconds, 60)
  })

  it('fails as unavailable when there is no answer in time', async t => {
    const result = await handOverTo(t, () => {}, 100)
    assert.deepEqual(result, { result: 'failed', failure: 'unavailable', reason: 'no answer in time' })
  })

  it('fails as unavailable when the connection ends without an answer', async t => {
    const result = await handOverTo(t, response => void response.destroy())
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
    assert.notEqual(result.reason, '')
  })

  it('fails as unavailable when nobody listens', async t => {
    const transport = openTransport(t, `http://127.0.0.1:${await freePort()}`)
    const result = await transport.handOver(outgoingMail())
    assert.deepEqual(result, { result: 'failed', failure: 'unavailable', reason: 'ECONNREFUSED' })
  })

  it('fails as unavailable when the answer is not HTTP', async t => {
    const sockets: Socket[] = []
    const server = createTcpServer(socket => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.once('data', () => socket.end('220 mail.example ESMTP\r\n'))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const transport = openTransport(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const result = await transport.handOver(outgoingMail())
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
  })

  it('goes by the status of the answer, however its body ends', async t => {
    const endless = (response: ServerResponse) => void response.writeHead(200).write('...')
    assert.deepEqual(await handOverTo(t, endless), { result: 'accepted' })
    const huge = (response: ServerResponse) => void response.writeHead(500).end('x'.repeat(1_000_000))
    assert.deepEqual(await handOverTo(t, huge), { ...failed, failure: 'unavailable', reason: 'http 500' })
    const cut = (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{', () => response.destroy())
    }
    assert.deepEqual(await handOverTo(t, cut), { result: 'accepted' })
  })

  it('is accepted after one that failed', async t => {
    let answer: (response: ServerResponse) => void = response => void response.destroy()
    const { url } = await startMailService(t, response => answer(response))
    const transport = openTransport(t, url)
    assert.equal((await transport.handOver(outgoingMail())).result, 'failed')
    answer = answerWith(200)
    assert.deepEqual(await transport.handOver(outgoingMail()), { result: 'accepted' })
  })

  it('carries as many mails at once as the courier hands over', async t => {
    const waiting: ServerResponse[] = []
    const { url } = await startMailService(t, response => {
      waiting.push(response)
      // Nobody is answered before all of them are here.
      if (waiting.length === transport.concurrency) for (const each of waiting) answerWith(200)(each)
    })
    const transport = openTransport(t, url)
    const mails = Array.from({ length: transport.concurrency }, (_, n) => outgoingMail({ id: `${n}` }))
    const results = await Promise.all(mails.map(transport.handOver))
    assert.ok(results.every(({ result }) => result === 'accepted'))
  })

  it('fails as unavailable when the service stops meanwhile', async t => {
    const { url, received } = await startMailService(t, () => transport.close())
    const transport = openTransport(t, url)
    const result = await transport.handOver(outgoingMail())
    assert.equal(received.length, 1)
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
  })

  it('keeps its connections for the next mails, whatever the answer is', async t => {
    const answers = [answerWith(202), answerWith(422, {}, 'no JSON'), answerWith(429)]
    let count = 0
    const { url, received, connections } = await startMailService(t, response =>
      answers[count++ % answers.length]?.(response),
    )
    const transport = openTransport(t, url)
    for (let n = 0; n < 12; n++) await transport.handOver(outgoingMail())
    assert.equal(received.length, 12)
    // The first connection is not free again at once, so a second one is opened, and no more.
    assert.ok(connections.size <= 2, `${connections.size} connections`)
  })

  it('has User-Agent vestibule, Accept application/json and no Authorization', async t => {
    const { url, received } = await startMailService(t, answerWith(202))
    await openTransport(t, url).handOver(outgoingMail())
    assert.equal(received[0]?.headers['user-agent'], 'vestibule')
    assert.equal(received[0]?.headers.accept, 'application/json')
    assert.equal(received[0]?.headers.authorization, undefined)
  })

  it('sends user and password of MAIL_HTTP_URL as Basic credentials', async t => {
    const { host, received } = await startMailService(t, answerWith(202))
    await openTransport(t, `http://us%40er:p%25:w%C3%B6rd@${host}/mails?to=all`).handOver(outgoingMail())
    assert.equal(received[0]?.path, '/mails?to=all')
    const credentials = Buffer.from('us@er:p%:wörd').toString('base64')
    assert.equal(received[0]?.headers.authorization, `Basic ${credentials}`)
  })

  it('fails as misconfigured, and sends nothing, when the certificate is not trusted', async t => {
    let requests = 0
    const server = createTlsServer(selfSigned(['127.0.0.1']), () => requests++)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const transport = openTransport(t, `https://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const result = await transport.handOver(outgoingMail())
    const reason = 'DEPTH_ZERO_SELF_SIGNED_CERT'
    assert.deepEqual(result, { result: 'failed', failure: 'misconfigured', reason })
    assert.equal(requests, 0)
  })
})
