import type { MailProvider } from '../http.ts'
import { mailHeaders } from '../mail-headers.ts'
import { parseMailbox } from '../mailbox-address.ts'
import { at } from '../provider-answer.ts'

/** Mailpit, a mail catcher, by its HTTP API: `POST /api/v1/send`. */
export const mailpit: MailProvider = {
  path: '/api/v1/send',
  request: mail => {
    const { name, address } = parseMailbox(mail.from)
    return {
      headers: { 'content-type': 'application/json', 'idempotency-key': mail.id },
      body: JSON.stringify({
        From: { Name: name, Email: address },
        To: [{ Email: mail.to }],
        Subject: mail.subject,
        Text: mail.text,
        HTML: mail.html,
        Headers: mailHeaders(mail),
      }),
    }
  },
  idOf: ({ body }) => at(body, 'ID'),
}
