import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerTo, requestOf } from '../../../../test/support/mail-provider.ts'
import { outgoingMail } from '../../../../test/support/messages.ts'
import type { FailureClass } from '../../../domain/failure.ts'
import { postmark } from './postmark.ts'

const provider = postmark('server-token')

describe('MAIL_HTTP_PROVIDER=postmark', { timeout: 30_000 }, () => {
  it('gives the log the id of the mail there', async t => {
    const body = { ErrorCode: 0, Message: 'OK', MessageID: '0a129aee-e1cd-480d-b08d-4f48548ff48d' }
    const accepted = { result: 'accepted', acceptedAs: body.MessageID }
    assert.deepEqual(await answerTo(t, provider, { status: 200, body }), accepted)
  })

  it('has the same Message-ID on every attempt', async t => {
    const { body } = await requestOf(t, provider, outgoingMail({ id: 'mail-1' }))
    const { Headers } = JSON.parse(body) as { Headers: { Name: string; Value: string }[] }
    assert.deepEqual(Object.fromEntries(Headers.map(({ Name, Value }) => [Name, Value])), {
      'Message-ID': '<mail-1@vestibule.example>',
      'X-PM-KeepID': 'true',
      'X-Correlation-Id': 'correlation-1',
      'Auto-Submitted': 'auto-generated',
    })
  })

  const errors: [status: number, code: number, failure: FailureClass, message?: string][] = [
    [401, 10, 'misconfigured', 'Bad or missing API token'],
    [422, 10, 'misconfigured', 'Bad or missing API token'],
    [422, 100, 'unavailable', 'Maintenance'],
    [503, 100, 'unavailable', 'Maintenance'],
    [422, 300, 'refused', "Invalid 'To' address: 'from@example'."],
    [422, 300, 'refused', 'Provide either email TextBody or HtmlBody or both.'],
    [422, 300, 'misconfigured', "Invalid 'From' address: 'no-reply@example'."],
    [422, 300, 'misconfigured', "Error parsing 'From': Illegal email domain 'example'."],
    [422, 400, 'misconfigured', 'Sender signature not found'],
    [422, 401, 'misconfigured', 'Sender signature not confirmed'],
    [422, 402, 'misconfigured', 'Invalid JSON'],
    [422, 403, 'misconfigured', 'Incompatible JSON'],
    [422, 405, 'misconfigured', 'Not allowed to send'],
    [422, 406, 'refused', 'Inactive recipient'],
    [422, 409, 'misconfigured', 'JSON required'],
    [422, 411, 'refused', 'Forbidden attachment type'],
    [422, 412, 'misconfigured', 'Account is pending'],
    [422, 413, 'misconfigured', 'Account may not send'],
    [429, 429, 'rate_limited', 'Rate limit exceeded'],
    [422, 429, 'rate_limited', 'Rate limit exceeded'],
    [422, 500, 'unavailable', 'Sender signature query exception'],
    [500, 0, 'unavailable', 'Internal server error'],
  ]
  for (const [status, code, failure, message = ''] of errors) {
    it(`fails as ${failure} at ${status} with error ${code}: ${message}`, async t => {
      const body = { ErrorCode: code, Message: message }
      assert.deepEqual(await answerTo(t, provider, { status, body }), {
        result: 'failed',
        failure,
        reason: `http ${status} (${code})`,
        retryAfterSeconds: undefined,
      })
    })
  }

  const bare: [status: number, failure: FailureClass][] = [
    [404, 'misconfigured'],
    [413, 'refused'],
    [415, 'refused'],
    [422, 'refused'],
    [503, 'unavailable'],
  ]
  for (const [status, failure] of bare) {
    it(`fails as ${failure} at ${status} without an error code`, async t => {
      const result = await answerTo(t, provider, { status, body: '<html>' })
      assert.ok(result.result === 'failed')
      assert.deepEqual([result.failure, result.reason], [failure, `http ${status}`])
    })
  }
})
