import { type Outcome, refuse } from '../domain/refusals.ts'
import type { User } from '../domain/user.ts'
import type { Audit } from './audit.ts'
import type { Authenticate, Credentials } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { noteLimit } from './limit.ts'

/**
 * Gives a pending user a new code, with three new guesses, and enqueues its mail, in one statement; the code
 * before it is dead from then on. Refusals: `already_active`, `rate_limited` (the sends budget of the address
 * is spent), `invalid_credentials` (the registration was replaced meanwhile). Throws `Unavailable`.
 */
export type ReplaceCode = (replacement: {
  user: User
  codeId: string
  mailId: string
  correlationId: string
}) => Promise<Outcome<{ retryAfterSeconds: number }>>

export type ResendCodePorts = {
  authenticate: Authenticate
  /**
   * True when a spent budget may be told before the password is verified, which saves a hash; false where
   * nobody but the owner may learn that an address was sent mail lately.
   */
  tellBudgetFirst: boolean
  replaceCode: ReplaceCode
  newId: () => string
  newCodeId: () => string
  wakeCourier: () => void
  audit: Audit
}

/** Sends a new code to a pending user. On success tells in how many seconds the next one may be asked for. */
export const resendCode =
  (ports: ResendCodePorts) =>
  async (input: {
    credentials: Credentials
    caller: Caller
  }): Promise<Outcome<{ retryAfterSeconds: number }>> => {
    const { credentials, caller } = input
    const authenticated = await ports.authenticate(credentials, caller, { forMail: ports.tellBudgetFirst })
    if (!authenticated.ok) return authenticated
    const { user } = authenticated
    if (user.activatedAt) return refuse({ refusal: 'already_active' })

    const replaced = await ports.replaceCode({
      user,
      codeId: ports.newCodeId(),
      mailId: ports.newId(),
      correlationId: caller.correlationId,
    })
    if (!replaced.ok) return noteLimit(ports.audit, replaced, caller, user.email)
    ports.wakeCourier()
    return replaced
  }
