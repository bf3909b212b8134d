import type { DeriveCode } from './activate-user.ts'
import type { ClaimedMail, HandOver } from './outbox.ts'

/** A mail with its code, on its way to the mail service. The only place where a code exists in plain text. */
export type ActivationMail = {
  /** Also the idempotency key: the same for every attempt. */
  readonly id: string
  readonly to: string
  readonly code: string
  /** BCP 47. */
  readonly locale: string
  readonly correlationId: string
}

/**
 * Hands a mail to the mail service and waits until that accepts it, refuses it, or fails. It must answer
 * within its own time-out; anything it throws counts as a failure that may be retried.
 */
export type SendMail = (mail: ActivationMail) => ReturnType<HandOver<ActivationMail>>

/**
 * Hands over the mail of a registration, if that still wants it: a code that was replaced, used up or belongs
 * to a purged user is never mailed. Every attempt carries the same code and the same id.
 */
export const handOverMail =
  (ports: { deriveCode: DeriveCode; sendMail: SendMail }): HandOver<ClaimedMail> =>
  async mail => {
    if (!mail.wanted) return { result: 'unwanted' }
    const code = ports.deriveCode(mail.codeId, mail.wanted.codeLength)
    if (code === undefined) {
      // An instance that has the key may be there, in the middle of a rotation.
      return { result: 'failed', permanent: false, reason: 'the key of its code is not configured here' }
    }
    return ports.sendMail({
      id: mail.id,
      to: mail.wanted.email,
      code,
      locale: mail.wanted.locale,
      correlationId: mail.correlationId,
    })
  }
