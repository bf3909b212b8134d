import type { FailureClass } from '../../../domain/failure.ts'
import type { MailProvider } from '../http.ts'
import { formatSender, mailHeaders, messageId } from '../mail-headers.ts'
import { at, blamesSender } from '../provider-answer.ts'

/**
 * Postmark: `POST /email`, through the message stream `outbound`, which is the transactional one. It knows no
 * idempotency key. The error codes are those of postmarkapp.com/developer/api/overview#error-codes.
 */
export const postmark = (serverToken: string): MailProvider => ({
  path: '/email',
  request: mail => ({
    headers: { 'content-type': 'application/json', 'x-postmark-server-token': serverToken },
    body: JSON.stringify({
      From: formatSender(mail),
      To: mail.to,
      Subject: mail.subject,
      TextBody: mail.text,
      HtmlBody: mail.html,
      // Without X-PM-KeepID Postmark makes a Message-ID of its own.
      Headers: Object.entries({
        ...mailHeaders(mail),
        'Message-ID': messageId(mail),
        'X-PM-KeepID': 'true',
      }).map(([Name, Value]) => ({ Name, Value })),
      TrackOpens: false,
      TrackLinks: 'None',
    }),
  }),
  idOf: ({ body }) => at(body, 'MessageID'),
  explain: ({ status, body }) => {
    const code = at(body, 'ErrorCode')
    // Nearly all errors are a 422; a 429 or a 503 speaks for itself.
    if (status !== 422) return { code }
    if (code === INVALID_MAIL && blamesSender(at(body, 'Message'))) return { code, verdict: 'misconfigured' }
    return { code, verdict: VERDICTS.get(code) }
  },
})

/** The sender or the recipient is not an address, or there is no text. */
const INVALID_MAIL = 300

/** The rest (300, 406 for a recipient who bounced or complained, 411) is about this very mail. */
const VERDICTS = new Map<unknown, FailureClass>([
  // The token; the signature of the sender, missing or unconfirmed; credits; the account, in review or barred.
  ...[10, 400, 401, 405, 412, 413].map(code => [code, 'misconfigured'] as const),
  // JSON that is not understood: all mails have the same form, so something on the way changes it.
  ...[402, 403, 409].map(code => [code, 'misconfigured'] as const),
  // Maintenance; the signature could not be looked up.
  ...[100, 500].map(code => [code, 'unavailable'] as const),
  [429, 'rate_limited'],
])
