import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { answerWith, startMailService } from '../../../test/support/mail-service.ts'
import { handOverTo, openTransport } from '../../../test/support/mail-transport.ts'
import { outgoingMail } from '../../../test/support/messages.ts'
import type { FailureClass } from '../../domain/failure.ts'

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
})
