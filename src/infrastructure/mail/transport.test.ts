import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type OutgoingMail, sendMailBy } from './transport.ts'

describe('sendMailBy', () => {
  it('composes the mail, and returns the result of the transport', async () => {
    const sent: OutgoingMail[] = []
    const answer = { result: 'failed', failure: 'unavailable', reason: 'http 503' } as const
    const transport = {
      handOver: async (mail: OutgoingMail) => {
        sent.push(mail)
        return answer
      },
      concurrency: 1,
      close: () => {},
    }
    const compose = (mail: object) => ({ subject: 'Hello', text: JSON.stringify(mail), html: '<p>Hello</p>' })
    const sendMail = sendMailBy(transport, compose, 'no-reply@vestibule.example')
    const content = { kind: 'activation_code', code: '0042' } as const
    const envelope = { id: 'mail-1', to: 'ada@example.com', correlationId: 'correlation-1' }
    assert.deepEqual(await sendMail({ ...envelope, content, locale: 'fr' }), answer)

    const composed = compose({ content, locale: 'fr' })
    assert.deepEqual(sent, [{ ...envelope, from: 'no-reply@vestibule.example', ...composed }])
  })
})
