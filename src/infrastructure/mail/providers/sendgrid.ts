import { type Answer, secondsAt } from '../../http-answer.ts'
import type { MailProvider } from '../http.ts'
import { mailHeaders } from '../mail-headers.ts'
import { parseMailbox } from '../mailbox-address.ts'
import { at } from '../provider-answer.ts'

/** Twilio SendGrid: `POST /v3/mail/send`, which answers 202 with an empty body. It knows no idempotency key. */
export const sendgrid = (apiKey: string): MailProvider => ({
  path: '/v3/mail/send',
  request: mail => {
    const { name, address } = parseMailbox(mail.from)
    return {
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({
        personalizations: [{ to: [{ email: mail.to }] }],
        from: { email: address, ...(name && { name }) },
        subject: mail.subject,
        // The plain text has to come first.
        content: [
          { type: 'text/plain', value: mail.text },
          { type: 'text/html', value: mail.html },
        ],
        headers: mailHeaders(mail),
        tracking_settings: {
          click_tracking: { enable: false, enable_text: false },
          open_tracking: { enable: false },
        },
      }),
    }
  },
  idOf: ({ headers }) => headers['x-message-id'],
  explain: answer => {
    const fields = fieldsOf(answer)
    const aboutSender = fields.find(field => /^from\b/.test(field))
    return {
      code: aboutSender ?? fields[0],
      // A 400 names the fields it does not like; the sender is the same for all mails, and no fault of this one.
      verdict: answer.status === 400 && aboutSender !== undefined ? 'misconfigured' : undefined,
      retryAfterSeconds: untilReset(answer),
    }
  },
})

/** SendGrid has no codes for its errors, only the fields they are about, if any. */
const fieldsOf = ({ body }: Answer): string[] => {
  const errors = at(body, 'errors')
  const fields = Array.isArray(errors) ? errors.map(error => at(error, 'field')) : []
  return fields.filter(field => typeof field === 'string')
}

/** Of a 429: when requests are taken again, in seconds since 1970. */
const untilReset = (answer: Answer): number | undefined => {
  const { status, headers } = answer
  const reset = headers['x-ratelimit-reset']
  if (status !== 429 || typeof reset !== 'string' || !/^\d{1,12}$/.test(reset)) return undefined
  return Math.max(0, Number(reset) - secondsAt(answer))
}
