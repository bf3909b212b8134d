import type { SendMail } from '../../application/hand-over-mail.ts'
import type { HandOverResult } from '../../application/outbox.ts'
import type { ComposeMail } from './compose.ts'

/** A mail ready to leave: what every transport gets. */
export type OutgoingMail = {
  /** Idempotency key: the same for every attempt. */
  readonly id: string
  readonly to: string
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly correlationId: string
}

/** A way to reach the mail service. */
export type MailTransport = {
  /** Hands one mail over, within the transport's own time-out. Does not throw for what a mail service may do. */
  handOver: (mail: OutgoingMail) => Promise<HandOverResult>
  /** How many mails it can usefully hand over at once. */
  concurrency: number
  close: () => void
}

/** Composes each mail and gives it to the transport. */
export const sendMailBy =
  (transport: MailTransport, compose: ComposeMail, from: string): SendMail =>
  ({ id, to, correlationId, content, locale }) =>
    transport.handOver({ id, to, from, ...compose({ content, locale }), correlationId })
