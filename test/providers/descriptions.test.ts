import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { httpTransport, type MailProvider } from '../../src/infrastructure/mail/http.ts'
import { mailpit } from '../../src/infrastructure/mail/providers/mailpit.ts'
import { resend } from '../../src/infrastructure/mail/providers/resend.ts'
import { sendgrid } from '../../src/infrastructure/mail/providers/sendgrid.ts'
import type { OutgoingMail } from '../../src/infrastructure/mail/transport.ts'
import { outgoingMail } from '../support/messages.ts'
import { startPrism } from './prism.ts'

/** What we send is what the providers' own descriptions of their APIs ask for; specs/README.md says whose. */

type Json = Record<string, unknown>

const providers: {
  description: string
  provider: MailProvider
  wantsKey: boolean
  broken: Record<string, (body: Json) => Json>
}[] = [
  {
    description: 'mailpit.swagger2.json',
    provider: mailpit,
    wantsKey: false,
    broken: {
      'no sender': ({ From, ...rest }) => rest,
      'a recipient that is text': body => ({ ...body, To: ['ada@example.com'] }),
      'a header that is no text': body => ({ ...body, Headers: { 'X-Correlation-Id': 7 } }),
      'a field of another name': ({ HTML, ...rest }) => ({ ...rest, Html: HTML }),
    },
  },
  {
    description: 'resend.openapi3.json',
    provider: resend('re_key'),
    wantsKey: true,
    broken: {
      'no recipient': ({ to, ...rest }) => rest,
      'no subject': ({ subject, ...rest }) => rest,
      'a sender in two parts': body => ({ ...body, from: { email: 'no-reply@example.com' } }),
      'a field of another name': ({ text, ...rest }) => ({ ...rest, plain: text }),
    },
  },
  {
    description: 'sendgrid.openapi3.json',
    provider: sendgrid('SG.key'),
    wantsKey: true,
    broken: {
      'no sender': ({ from, ...rest }) => rest,
      'a personalization without a recipient': body => ({ ...body, personalizations: [{}] }),
      'an empty text': body => ({ ...body, content: [{ type: 'text/plain', value: '' }] }),
      'a setting that is no boolean': body => ({
        ...body,
        tracking_settings: { open_tracking: { enable: 'no' } },
      }),
      'a setting of another name': body => ({ ...body, tracking_settings: { opens: { enable: false } } }),
    },
  },
]

const mails: Record<string, OutgoingMail> = {
  'a mail': outgoingMail(),
  'a mail from an address without a name': outgoingMail({ from: 'no-reply@vestibule.example' }),
  'a mail from a name with a comma': outgoingMail({ from: 'Acme, Inc. <no-reply@vestibule.example>' }),
  'a mail in another script': outgoingMail({ subject: 'Ваш код', text: 'Код: 0042\n', html: '<p>Код</p>' }),
}

const handOver = (t: TestContext, provider: MailProvider, url: string, mail: OutgoingMail) => {
  const transport = httpTransport(provider, { url, timeoutMs: 10_000 })
  t.after(transport.close)
  return transport.handOver(mail)
}

/** The same requests, changed on their way out. */
const changed = (provider: MailProvider, change: (body: Json) => Json): MailProvider => ({
  ...provider,
  request: mail => {
    const { headers, body } = provider.request(mail)
    return { headers, body: JSON.stringify(change(JSON.parse(body))) }
  },
})

const withoutKey = (provider: MailProvider): MailProvider => ({
  ...provider,
  request: mail => {
    const { headers, body } = provider.request(mail)
    const { authorization, ...rest } = headers
    return { headers: rest, body }
  },
})

for (const { description, provider, wantsKey, broken } of providers) {
  describe(`the description that the provider publishes, ${description}`, { timeout: 60_000 }, () => {
    let prism: Awaited<ReturnType<typeof startPrism>>
    before(async () => {
      prism = await startPrism(description, provider.path)
    })
    after(() => prism.close())

    for (const [what, mail] of Object.entries(mails)) {
      it(`allows our request for ${what}`, async t => {
        const result = await handOver(t, provider, prism.url, mail)
        assert.equal(result.result, 'accepted', JSON.stringify(result))
      })
    }

    for (const [what, change] of Object.entries(broken)) {
      it(`does not allow one with ${what}`, async t => {
        const result = await handOver(t, changed(provider, change), prism.url, outgoingMail())
        assert.ok(result.result === 'failed' && result.failure === 'refused', JSON.stringify(result))
      })
    }

    if (!wantsKey) return
    it('does not allow one without a key', async t => {
      const result = await handOver(t, withoutKey(provider), prism.url, outgoingMail())
      assert.ok(result.result === 'failed' && result.failure === 'misconfigured', JSON.stringify(result))
    })
  })
}
