import { basic } from '../../http-client.ts'
import type { MailProvider } from '../http.ts'
import { formatSender, mailHeaders, messageId } from '../mail-headers.ts'
import { at, blamesSender } from '../provider-answer.ts'

/** Mailgun: `POST <region>/v3/<domain>/messages`, as a form. It knows no idempotency key. */
export const mailgun = (apiKey: string): MailProvider => ({
  path: '/messages',
  request: mail => ({
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: basic(`api:${apiKey}`),
    },
    body: new URLSearchParams({
      from: formatSender(mail),
      to: mail.to,
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      'o:tracking': 'no',
      'h:Message-Id': messageId(mail),
      ...Object.fromEntries(Object.entries(mailHeaders(mail)).map(([name, value]) => [`h:${name}`, value])),
    }).toString(),
  }),
  idOf: ({ body }) => at(body, 'id'),
  // Its errors have a text and no code.
  explain: ({ status, body }) => {
    if (status === LIMIT_OF_DOMAIN) return { verdict: 'rate_limited' }
    if (status === 400 && blamesSender(at(body, 'message'))) return { verdict: 'misconfigured' }
    return {}
  },
})

/** "Domain … is not allowed to send: recipient limit exceeded, try again after …", of accounts that are new. */
const LIMIT_OF_DOMAIN = 420
