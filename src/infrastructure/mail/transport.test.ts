import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { composeMail } from './compose.ts'
import { type OutgoingMail, sendMailBy } from './transport.ts'

describe('sendMailBy', () => {
  it('composes the mail, and returns what the transport says', async () => {
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
    const sendMail = sendMailBy(transport, { from: 'no-reply@vestibule.example', codeTtlSeconds: 120 })
    const content = { kind: 'activation_code', code: '0042' } as const
    const envelope = { id: 'mail-1', to: 'ada@example.com', correlationId: 'correlation-1' }
    assert.deepEqual(await sendMail({ ...envelope, content, locale: 'en' }), answer)

    const wording = composeMail({ content, locale: 'en', codeTtlSeconds: 120 })
    assert.deepEqual(sent, [{ ...envelope, from: 'no-reply@vestibule.example', ...wording }])
  })
})
