import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerTo, requestOf } from '../../../../test/support/mail-provider.ts'
import { outgoingMail } from '../../../../test/support/messages.ts'
import type { FailureClass } from '../../../domain/failure.ts'
import { sendgrid } from './sendgrid.ts'

const provider = sendgrid('SG.key')

describe('MAIL_HTTP_PROVIDER=sendgrid', { timeout: 30_000 }, () => {
  it('is POST /v3/mail/send with MAIL_API_KEY, without tracking of clicks and opens', async t => {
    const mail = outgoingMail()
    const { route, headers, body } = await requestOf(t, provider, mail)
    assert.equal(route, 'POST /v3/mail/send')
    assert.equal(headers.authorization, 'Bearer SG.key')
    assert.deepEqual(JSON.parse(body), {
      personalizations: [{ to: [{ email: mail.to }] }],
      from: { name: 'Vestibule', email: 'no-reply@vestibule.example' },
      subject: mail.subject,
      content: [
        { type: 'text/plain', value: mail.text },
        { type: 'text/html', value: mail.html },
      ],
      headers: { 'X-Correlation-Id': mail.correlationId, 'Auto-Submitted': 'auto-generated' },
      tracking_settings: {
        click_tracking: { enable: false, enable_text: false },
        open_tracking: { enable: false },
      },
    })
  })

  it('names the sender of MAIL_FROM only if there is a name', async t => {
    const nameless = await requestOf(t, provider, outgoingMail({ from: 'no-reply@vestibule.example' }))
    assert.deepEqual(JSON.parse(nameless.body).from, { email: 'no-reply@vestibule.example' })
    const quoted = outgoingMail({ from: '"Acme, \\"Inc.\\"" <no-reply@example.com>' })
    const { body } = await requestOf(t, provider, quoted)
    assert.deepEqual(JSON.parse(body).from, { name: 'Acme, "Inc."', email: 'no-reply@example.com' })
  })

  it('gives the log the id of the mail there, from X-Message-Id', async t => {
    const answer = { status: 202, headers: { 'x-message-id': 'Ab3-_x' }, body: '' }
    assert.deepEqual(await answerTo(t, provider, answer), { result: 'accepted', acceptedAs: 'Ab3-_x' })
  })

  const errors: [status: number, fields: (string | null)[], failure: FailureClass, code?: string][] = [
    [400, [], 'refused'],
    [400, [null], 'refused'],
    [400, ['personalizations.0.to.0.email'], 'refused', 'personalizations.0.to.0.email'],
    [400, ['from.email'], 'misconfigured', 'from.email'],
    [400, ['subject', 'from'], 'misconfigured', 'from'],
    [400, ['from_the_start'], 'refused', 'from_the_start'],
    [401, [null], 'misconfigured'],
    [403, ['from'], 'misconfigured', 'from'],
    [404, [null], 'misconfigured'],
    [405, [null], 'misconfigured'],
    [413, [null], 'refused'],
    [415, [null], 'refused'],
    [429, [null], 'rate_limited'],
    [451, [null], 'misconfigured'],
    [500, [null], 'unavailable'],
    [503, [], 'unavailable'],
  ]
  for (const [status, fields, failure, code] of errors) {
    it(`fails as ${failure} at ${status} about the fields ${JSON.stringify(fields)}`, async t => {
      const body = { errors: fields.map(field => ({ field, message: 'ada@example.com', help: null })) }
      const reason = code ? `http ${status} (${code})` : `http ${status}`
      assert.deepEqual(await answerTo(t, provider, { status, body }), {
        result: 'failed',
        failure,
        reason,
        retryAfterSeconds: undefined,
      })
    })
  }

  const waits: [what: string, headers: Record<string, string>, holds: (seconds?: number) => boolean][] = [
    ['until X-RateLimit-Reset', { 'x-ratelimit-reset': inAnHour() }, within(3500, 3600)],
    [
      'as long as Retry-After says, whatever X-RateLimit-Reset is',
      { 'x-ratelimit-reset': inAnHour(), 'retry-after': '5' },
      within(5, 5),
    ],
    ['no longer for an X-RateLimit-Reset that has passed', { 'x-ratelimit-reset': '1' }, within(0, 0)],
    [
      'as usual for an X-RateLimit-Reset that is nonsense',
      { 'x-ratelimit-reset': 'soon' },
      seconds => seconds === undefined,
    ],
  ]
  for (const [what, headers, holds] of waits) {
    it(`waits ${what}`, async t => {
      const result = await answerTo(t, provider, { status: 429, headers })
      assert.ok(result.result === 'failed' && holds(result.retryAfterSeconds))
    })
  }
})

function inAnHour(): string {
  return String(Math.floor(Date.now() / 1000) + 3600)
}

function within(least: number, most: number) {
  return (seconds = Number.NaN): boolean => seconds >= least && seconds <= most
}
