import type { FailureClass } from '../../../domain/failure.ts'
import type { MailProvider } from '../http.ts'
import { formatSender, mailHeaders } from '../mail-headers.ts'
import { at, blamesSender } from '../provider-answer.ts'

/**
 * Resend: `POST /emails`. A mail with the same `Idempotency-Key` is sent once in 24 hours. Opens and clicks are
 * followed, or not, as the domain is set up. The errors are those of resend.com/docs/api-reference/errors.
 */
export const resend = (apiKey: string): MailProvider => ({
  path: '/emails',
  request: mail => ({
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${apiKey}`,
      'idempotency-key': mail.id,
    },
    body: JSON.stringify({
      from: formatSender(mail),
      to: [mail.to],
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      headers: mailHeaders(mail),
    }),
  }),
  idOf: ({ body }) => at(body, 'id'),
  explain: ({ status, body }) => {
    const code = at(body, 'name')
    const fromSender = (status === 400 || status === 422) && blamesSender(at(body, 'message'))
    return { code, verdict: fromSender ? 'misconfigured' : VERDICTS.get(code) }
  },
})

/** Of all other errors the status says enough. */
const VERDICTS = new Map<unknown, FailureClass | 'accepted'>([
  // A mail with this key was sent already, and in other words: its answer got lost, and a new version of
  // Vestibule has another template. The code in it is the same, so the person has what they need.
  ['invalid_idempotent_request', 'accepted'],
  ['concurrent_idempotent_requests', 'deferred'],
  ['invalid_from_address', 'misconfigured'],
])
