import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { requestOf } from '../../../../test/support/mail-provider.ts'
import { outgoingMail } from '../../../../test/support/messages.ts'
import { webhook } from './webhook.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

describe('MAIL_HTTP_PROVIDER=webhook', { timeout: 30_000 }, () => {
  it('is signed with WEBHOOK_SECRET, as the library of Standard Webhooks verifies', async t => {
    const mail = outgoingMail({ text: 'Zwölf: 0042 ✓' })
    const { headers, body } = await requestOf(t, webhook(SECRET), mail)
    const signed = headers as Record<string, string>
    assert.equal(signed['webhook-id'], mail.id)
    assert.deepEqual(new Webhook(SECRET).verify(body, signed), JSON.parse(body))

    const changes: [string, Record<string, string>][] = [
      [body.replace('0042', '0043'), signed],
      [`${body} `, signed],
      [body, { ...signed, 'webhook-id': 'another' }],
      [body, { ...signed, 'webhook-timestamp': String(Number(signed['webhook-timestamp']) - 1) }],
    ]
    for (const [changed, with_] of changes) {
      assert.throws(() => new Webhook(SECRET).verify(changed, with_), /No matching signature/)
    }
    const another = new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`)
    assert.throws(() => another.verify(body, signed), /No matching signature/)
  })

  it('is not signed without WEBHOOK_SECRET', async t => {
    const { headers } = await requestOf(t, webhook(undefined), outgoingMail())
    const names = Object.keys(headers).filter(name => name.startsWith('webhook-'))
    assert.deepEqual(names, [])
  })
})
