import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { answerWith, startMailService } from '../../../test/support/mail-service.ts'
import { outgoingMail } from '../../../test/support/messages.ts'
import { httpTransport, type MailProvider } from './http.ts'
import { at } from './provider-answer.ts'
import { webhook } from './providers/webhook.ts'

/** Any provider whose answers have an id and a code. */
const provider: MailProvider = {
  ...webhook(undefined),
  idOf: ({ body }) => at(body, 'id'),
  explain: ({ body }) => ({ code: at(body, 'error', 0, 'code') }),
}

describe('the answer of a mail provider', { timeout: 30_000 }, () => {
  const answering = async (t: TestContext, answer: (response: ServerResponse) => void) => {
    const { url } = await startMailService(t, answer)
    // Longer than the test may take: what is not waited for is not waited for because of the body.
    const transport = httpTransport(provider, { url, timeoutMs: 60_000 })
    t.after(transport.close)
    return transport.handOver(outgoingMail())
  }
  const accepted = (body: unknown) => answerWith(200, {}, body)

  it('gives the log the id of the mail there', async t => {
    for (const id of ['b7a9-1', '<1.2@mg.example.com>', 'x'.repeat(200)]) {
      assert.deepEqual(await answering(t, accepted({ id })), { result: 'accepted', acceptedAs: id })
    }
  })

  it('gives no id that is longer than 200 characters, or none at all', async t => {
    const bodies = [
      {},
      { id: 'x'.repeat(201) },
      { id: 'a b' },
      { id: 'a\nb' },
      { id: '' },
      { id: 7 },
      { id: {} },
    ]
    for (const body of [...bodies, null, 7, 'x', '"x"', '', '{"id":"1"', '['.repeat(60_000)]) {
      assert.deepEqual(await answering(t, accepted(body)), { result: 'accepted' })
    }
  })

  it('gives the log the code of an error, and never its text', async t => {
    const reasonOf = async (code: unknown) => {
      const result = await answering(t, answerWith(422, {}, { error: [{ code }] }))
      return result.result === 'failed' ? result.reason : ''
    }
    for (const code of [406, 0, 'quota_exceeded', 'a.b-c', 'x'.repeat(64)]) {
      assert.equal(await reasonOf(code), `http 422 (${code})`)
    }
    const texts = ['', ' ', 'ada@example.com', 'no such user', 'x'.repeat(65), 'a\nb', '\u0000']
    for (const code of [...texts, null, true, {}, ['a'], { toString: 'x' }]) {
      assert.equal(await reasonOf(code), 'http 422')
    }
  })

  it('is read up to 64 KiB', async t => {
    const padded = (size: number) => `{"id":"1","error":[{"code":"x"}]}${' '.repeat(size - 33)}`
    for (const [size, id] of [
      [65_536, { acceptedAs: '1' }],
      [65_537, {}],
      [1_000_000, {}],
    ] as const) {
      assert.deepEqual(await answering(t, accepted(padded(size))), { result: 'accepted', ...id })
    }
    const error = await answering(t, answerWith(429, {}, padded(65_537)))
    assert.deepEqual(error, {
      result: 'failed',
      retryAfterSeconds: undefined,
      failure: 'rate_limited',
      reason: 'http 429',
    })
  })

  it('counts by its status when its body does not end in time', async t => {
    const trickling = (status: number) => (response: ServerResponse) => {
      response.writeHead(status).write('{"id":"1"')
    }
    assert.deepEqual(await answering(t, trickling(200)), { result: 'accepted' })
    const refused = { result: 'failed', retryAfterSeconds: undefined, failure: 'refused', reason: 'http 422' }
    assert.deepEqual(await answering(t, trickling(422)), refused)
  })
})
