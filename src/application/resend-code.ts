import { type Outcome, refuse } from '../domain/refusals.ts'
import type { User } from '../domain/user.ts'
import type { Authenticate, Credentials } from './authenticate.ts'

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
  replaceCode: ReplaceCode
  newId: () => string
  newCodeId: () => string
  wakeCourier: () => void
}

/** Sends a new code to a pending user. On success tells in how many seconds the next one may be asked for. */
export const resendCode =
  (ports: ResendCodePorts) =>
  async (input: {
    credentials: Credentials
    correlationId: string
  }): Promise<Outcome<{ retryAfterSeconds: number }>> => {
    const authenticated = await ports.authenticate(input.credentials)
    if (!authenticated.ok) return authenticated
    const { user } = authenticated
    if (user.activatedAt) return refuse({ refusal: 'already_active' })

    const replaced = await ports.replaceCode({
      user,
      codeId: ports.newCodeId(),
      mailId: ports.newId(),
      correlationId: input.correlationId,
    })
    if (replaced.ok) ports.wakeCourier()
    return replaced
  }
