import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outgoingMail } from '../../../test/support/messages.ts'
import { consoleTransport } from './console.ts'

describe('MAIL_TRANSPORT=console', () => {
  it('prints recipient, subject and text, and accepts every mail', async () => {
    const printed: string[] = []
    const transport = consoleTransport(text => printed.push(text))
    const mail = outgoingMail({ text: 'Your code is\n\n    0042\n' })
    assert.deepEqual(await transport.handOver(mail), { result: 'accepted' })
    const lines = printed.join('').split('\n')
    for (const line of ['  to       ada@example.com', '  subject  Your activation code', '  Your code is']) {
      assert.ok(lines.includes(line), line)
    }
    assert.ok(lines.includes('      0042'))
  })
})
