import type { MailProvider } from '../http.ts'

/** A service of your own: the mail as plain JSON, the same `Idempotency-Key` for every attempt. */
export const webhook: MailProvider = {
  path: '',
  request: mail => ({
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': mail.id,
      'x-correlation-id': mail.correlationId,
    },
    body: JSON.stringify({
      to: mail.to,
      from: mail.from,
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      correlation_id: mail.correlationId,
    }),
  }),
}
