import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerTo } from '../../../../test/support/mail-provider.ts'
import type { FailureClass } from '../../../domain/failure.ts'
import { mailgun } from './mailgun.ts'

const provider = mailgun('key')

describe('MAIL_HTTP_PROVIDER=mailgun', { timeout: 30_000 }, () => {
  it('gives the log the id of the mail there', async t => {
    const body = { id: '<20260131.1@mg.example.com>', message: 'Queued. Thank you.' }
    const accepted = { result: 'accepted', acceptedAs: body.id }
    assert.deepEqual(await answerTo(t, provider, { status: 200, body }), accepted)
  })

  const errors: [status: number, message: string, failure: FailureClass][] = [
    [400, "'to' parameter is not a valid address. please check documentation", 'refused'],
    [400, 'to parameter is not a valid address: from@example', 'refused'],
    [400, "'from' parameter is not a valid address. please check documentation", 'misconfigured'],
    [400, 'from parameter is missing', 'misconfigured'],
    [401, 'Forbidden', 'misconfigured'],
    [402, 'Payment required', 'misconfigured'],
    [403, 'Domain mg.example.com is not allowed to send: Sandbox subdomains', 'misconfigured'],
    [404, 'Domain not found: mg.example.com', 'misconfigured'],
    [413, 'Request entity too large', 'refused'],
    [420, 'Domain mg.example.com is not allowed to send: recipient limit exceeded', 'rate_limited'],
    [429, 'Too many requests', 'rate_limited'],
    [500, 'Internal Server Error', 'unavailable'],
    [503, 'Service Unavailable', 'unavailable'],
  ]
  for (const [status, message, failure] of errors) {
    it(`fails as ${failure} at ${status}: ${message}`, async t => {
      assert.deepEqual(await answerTo(t, provider, { status, body: { message } }), {
        result: 'failed',
        failure,
        reason: `http ${status}`,
        retryAfterSeconds: undefined,
      })
    })
  }
})
