import { type Outcome, refuse } from '../domain/refusals.ts'
import type { User } from '../domain/user.ts'
import type { Authenticate, Credentials } from './authenticate.ts'
import type { Caller } from './caller.ts'

/** What the owner of a pending account may know of its code: all but the digits. */
export type CodeStatus = {
  /** How many digits it has. */
  readonly length: number
  /** 0 when it is dead, by wrong guesses or because its mail was given up. */
  readonly attemptsLeft: number
  /** Whole seconds, 0 when its minute is over; `undefined` while the mail service has not accepted the mail. */
  readonly expiresInSeconds: number | undefined
  /** Whole seconds until a new one may be asked for. */
  readonly resendInSeconds: number
}

/** Reads the status of a pending user's code; `undefined` when the registration is gone or active. Throws `Unavailable`. */
export type ReadCodeStatus = (user: User) => Promise<CodeStatus | undefined>

/**
 * Tells the owner of a pending account how its code is doing, for a form that counts down the minute. Refuses
 * like `Authenticate`, and with `already_active`.
 */
export const lookAtCode =
  (ports: { authenticate: Authenticate; readCodeStatus: ReadCodeStatus }) =>
  async (credentials: Credentials, caller: Caller): Promise<Outcome<{ code: CodeStatus }>> => {
    const authenticated = await ports.authenticate(credentials, caller)
    if (!authenticated.ok) return authenticated
    if (authenticated.user.activatedAt) return refuse({ refusal: 'already_active' })
    const code = await ports.readCodeStatus(authenticated.user)
    // Replaced or activated since the password was compared: asking again tells which.
    return code ? { ok: true, code } : refuse({ refusal: 'invalid_credentials' })
  }
