import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import Mailgun from 'mailgun.js'
import { Models, ServerClient } from 'postmark'
import { httpTransport, type MailProvider } from '../../src/infrastructure/mail/http.ts'
import { mailgun } from '../../src/infrastructure/mail/providers/mailgun.ts'
import { postmark } from '../../src/infrastructure/mail/providers/postmark.ts'
import { answerWith, startMailService } from '../support/mail-service.ts'
import { outgoingMail } from '../support/messages.ts'

/**
 * Postmark and Mailgun publish no description of their APIs, but clients: what those send for a mail is what
 * Vestibule sends for it.
 */

const mail = outgoingMail({ text: 'Zwölf & mehr: 0042 ✓\n' })
const headers = {
  'X-Correlation-Id': mail.correlationId,
  'Auto-Submitted': 'auto-generated',
}
const messageId = `<${mail.id}@vestibule.example>`

/** The request of the client and that of Vestibule, both to the same service. */
const requestsOf = async (
  t: TestContext,
  { provider, path, answer }: { provider: MailProvider; path: string; answer: object },
  byClient: (host: string) => Promise<unknown>,
) => {
  const json = { 'content-type': 'application/json' }
  const { url, host, received } = await startMailService(t, answerWith(200, json, answer))
  await byClient(host)
  const transport = httpTransport(provider, { url: url + path, timeoutMs: 10_000 })
  t.after(transport.close)
  assert.equal((await transport.handOver(mail)).result, 'accepted')
  const [theirs, ours] = received
  assert.ok(theirs && ours && received.length === 2)
  assert.equal(`${ours.method} ${ours.path}`, `${theirs.method} ${theirs.path}`)
  return { theirs, ours }
}

describe('the client that Postmark publishes', { timeout: 30_000 }, () => {
  it('sends the same request for the same mail', async t => {
    const answer = { ErrorCode: 0, Message: 'OK', MessageID: '1' }
    const byClient = (host: string) =>
      new ServerClient('server-token', { useHttps: false, requestHost: host }).sendEmail({
        From: mail.from,
        To: mail.to,
        Subject: mail.subject,
        TextBody: mail.text,
        HtmlBody: mail.html,
        Headers: Object.entries({
          ...headers,
          'Message-ID': messageId,
          'X-PM-KeepID': 'true',
        }).map(([Name, Value]) => ({ Name, Value })),
        TrackOpens: false,
        TrackLinks: Models.LinkTrackingOptions.None,
      })
    const provider = postmark('server-token')
    const { theirs, ours } = await requestsOf(t, { provider, path: '', answer }, byClient)

    assert.equal(ours.path, '/email')
    for (const name of ['x-postmark-server-token', 'content-type', 'accept']) {
      assert.ok(ours.headers[name], name)
      assert.equal(ours.headers[name], theirs.headers[name], name)
    }
    assert.deepEqual(JSON.parse(String(ours.body)), JSON.parse(String(theirs.body)))
  })
})

describe('the client that Mailgun publishes', { timeout: 30_000 }, () => {
  it('sends the same fields for the same mail', async t => {
    const answer = { id: '<1@mg.example.com>', message: 'Queued. Thank you.' }
    const byClient = (host: string) =>
      new Mailgun(FormData)
        .client({ username: 'api', key: 'key-1', url: `http://${host}` })
        .messages.create('mg.example.com', {
          from: mail.from,
          to: mail.to,
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          'o:tracking': 'no',
          'h:Message-Id': messageId,
          'h:X-Correlation-Id': headers['X-Correlation-Id'],
          'h:Auto-Submitted': headers['Auto-Submitted'],
        })
    const target = { provider: mailgun('key-1'), path: '/v3/mg.example.com', answer }
    const { theirs, ours } = await requestsOf(t, target, byClient)

    assert.equal(ours.path, '/v3/mg.example.com/messages')
    assert.ok(ours.headers.authorization)
    assert.equal(ours.headers.authorization, theirs.headers.authorization)
    assert.deepEqual(await fieldsOf(ours), await fieldsOf(theirs))
  })
})

/** Of a form, whichever way it is encoded: the client's is multipart, which ends all lines with CR LF. */
const fieldsOf = async ({ headers, body }: { headers: IncomingHttpHeaders; body: Buffer }) => {
  const type = { 'content-type': headers['content-type'] ?? '' }
  const form = await new Response(new Uint8Array(body), { headers: type }).formData()
  const fields = [...form].map(([name, value]) => [name, String(value).replaceAll('\r\n', '\n')] as const)
  return fields.toSorted(([one], [other]) => one.localeCompare(other))
}
