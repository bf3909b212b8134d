import type { DeriveCode } from './activate-user.ts'
import type { ClaimedMail, HandOver } from './outbox.ts'

/** A mail to be written, in the reader's language, and handed over. */
export type Mail = {
  /** Also the idempotency key: the same for every attempt. */
  readonly id: string
  readonly to: string
  /** BCP 47. */
  readonly locale: string
  readonly correlationId: string
  readonly content: MailContent
}

/** The only place where a code exists in plain text. */
export type MailContent =
  | { readonly kind: 'activation_code'; readonly code: string }
  | { readonly kind: 'already_registered' }

/**
 * Hands a mail to the mail service and waits until that accepts it, refuses it, or fails. It must answer
 * within its own time-out; anything it throws counts as a failure that may be retried.
 */
export type SendMail = (mail: Mail) => ReturnType<HandOver<Mail>>

/**
 * Hands over a mail, if somebody still waits for it: a code that was replaced, used up or belongs to a purged
 * user is never mailed. Every attempt carries the same code and the same id.
 */
export const handOverMail =
  (ports: { deriveCode: DeriveCode; sendMail: SendMail }): HandOver<ClaimedMail> =>
  async ({ id, wanted, correlationId }) => {
    if (!wanted) return { result: 'unwanted' }
    const mail = { id, to: wanted.email, locale: wanted.locale, correlationId }
    if (!wanted.code) return ports.sendMail({ ...mail, content: { kind: 'already_registered' } })
    if (wanted.code === 'lost') return { result: 'lost' }
    const code = ports.deriveCode(wanted.code.id, wanted.code.length)
    if (code === undefined) {
      // An instance that has the key may be there, in the middle of a rotation.
      return { result: 'failed', failure: 'deferred', reason: 'the key of its code is not configured here' }
    }
    return ports.sendMail({ ...mail, content: { kind: 'activation_code', code } })
  }
