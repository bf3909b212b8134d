import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerTo, requestOf } from '../../../../test/support/mail-provider.ts'
import { outgoingMail } from '../../../../test/support/messages.ts'
import type { FailureClass } from '../../../domain/failure.ts'
import { resend } from './resend.ts'

const provider = resend('re_key')

describe('MAIL_HTTP_PROVIDER=resend', { timeout: 30_000 }, () => {
  it('is POST /emails with MAIL_API_KEY and Idempotency-Key', async t => {
    const mail = outgoingMail({ from: 'Acme, Inc. <no-reply@example.com>' })
    const { route, headers, body } = await requestOf(t, provider, mail)
    assert.equal(route, 'POST /emails')
    assert.equal(headers.authorization, 'Bearer re_key')
    assert.equal(headers['idempotency-key'], mail.id)
    assert.deepEqual(JSON.parse(body), {
      from: '"Acme, Inc." <no-reply@example.com>',
      to: [mail.to],
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: { 'X-Correlation-Id': mail.correlationId, 'Auto-Submitted': 'auto-generated' },
    })
  })

  it('gives the log the id of the mail there', async t => {
    const body = { id: '49a3999c-0ce1-4ea6-ab68-afcd6dc2e794' }
    assert.deepEqual(await answerTo(t, provider, { status: 200, body }), {
      result: 'accepted',
      acceptedAs: body.id,
    })
  })

  const sender = 'Invalid `from` field. The email address needs to follow the `email@example.com` format.'
  const recipient = 'Invalid `to` field. from@example.com is not allowed.'
  const errors: [status: number, name: string, failure: FailureClass, message?: string][] = [
    [400, 'invalid_idempotency_key', 'refused'],
    [400, 'validation_error', 'refused', recipient],
    [400, 'validation_error', 'misconfigured', sender],
    [401, 'missing_api_key', 'misconfigured'],
    [401, 'restricted_api_key', 'misconfigured'],
    [403, 'invalid_api_key', 'misconfigured'],
    [403, 'suspended_api_key', 'misconfigured'],
    [403, 'validation_error', 'misconfigured', 'The example.com domain is not verified.'],
    [404, 'not_found', 'misconfigured'],
    [405, 'method_not_allowed', 'misconfigured'],
    [409, 'concurrent_idempotent_requests', 'deferred'],
    [422, 'invalid_attachment', 'refused'],
    [422, 'invalid_from_address', 'misconfigured'],
    [422, 'invalid_access', 'refused'],
    [422, 'invalid_parameter', 'refused'],
    [422, 'invalid_region', 'refused'],
    [422, 'missing_required_field', 'refused'],
    [422, 'validation_error', 'refused', recipient],
    [422, 'validation_error', 'misconfigured', sender],
    [429, 'rate_limit_exceeded', 'rate_limited'],
    [429, 'daily_quota_exceeded', 'rate_limited'],
    [429, 'monthly_quota_exceeded', 'rate_limited'],
    [451, 'security_error', 'misconfigured'],
    [500, 'application_error', 'unavailable'],
    [500, 'internal_server_error', 'unavailable'],
  ]
  for (const [status, name, failure, message = ''] of errors) {
    it(`fails as ${failure} at ${status} ${name}${message && `: ${message}`}`, async t => {
      const body = { statusCode: status, name, message }
      const reason = `http ${status} (${name})`
      assert.deepEqual(await answerTo(t, provider, { status, body }), {
        result: 'failed',
        failure,
        reason,
        retryAfterSeconds: undefined,
      })
    })
  }

  // The reply to the first attempt got lost, and a deployment changed the template before the second.
  it('is accepted by 409 invalid_idempotent_request: an earlier attempt was accepted', async t => {
    const body = { statusCode: 409, name: 'invalid_idempotent_request', message: 'Same key, other payload' }
    assert.deepEqual(await answerTo(t, provider, { status: 409, body }), { result: 'accepted' })
  })

  it('waits as Retry-After says', async t => {
    const result = await answerTo(t, provider, { status: 429, headers: { 'retry-after': '3' } })
    assert.ok(result.result === 'failed' && result.retryAfterSeconds === 3)
  })
})
