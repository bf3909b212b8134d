import { signerOf } from '../../webhook-signature.ts'
import type { MailProvider } from '../http.ts'
import type { OutgoingMail } from '../transport.ts'

/**
 * A service of your own: the mail as plain JSON, the same `Idempotency-Key` for every attempt. With a secret,
 * the body is signed as Standard Webhooks has it (standardwebhooks.com).
 */
export const webhook = (secret: string | undefined, now?: () => Date): MailProvider => {
  const sign = secret === undefined ? undefined : signerOf(secret, now)
  return {
    path: '',
    request: mail => {
      const body = JSON.stringify({
        to: mail.to,
        from: mail.from,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        correlation_id: mail.correlationId,
      })
      return { headers: { ...headersOf(mail), ...sign?.(mail.id, body) }, body }
    },
  }
}

const headersOf = (mail: OutgoingMail) => ({
  'content-type': 'application/json; charset=utf-8',
  'idempotency-key': mail.id,
  'x-correlation-id': mail.correlationId,
})
