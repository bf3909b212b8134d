import { parseMailbox } from './mailbox-address.ts'
import type { OutgoingMail } from './transport.ts'

/** What every mail says of itself: whose request it answers, and that no person wrote it (RFC 3834 §5). */
export const mailHeaders = (mail: Pick<OutgoingMail, 'correlationId'>) => ({
  'X-Correlation-Id': mail.correlationId,
  'Auto-Submitted': 'auto-generated',
})

/** The same for every attempt, so that a mailbox can recognise a mail that was handed over twice (RFC 5322 §3.6.4). */
export const messageId = (mail: Pick<OutgoingMail, 'id' | 'from'>): string =>
  `<${mail.id}@${parseMailbox(mail.from).address.split('@')[1]}>`

/** The sender in one piece; a name with a comma or a dot has to be quoted (RFC 5322 §3.4). */
export const formatSender = (mail: Pick<OutgoingMail, 'from'>): string => {
  const { name, address } = parseMailbox(mail.from)
  if (name === '') return address
  const needsQuotes = /[()<>[\]:;@\\,."]/.test(name)
  return `${needsQuotes ? `"${name.replaceAll(/["\\]/g, '\\$&')}"` : name} <${address}>`
}
