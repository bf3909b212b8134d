import { GUESSES_PER_CODE } from '../domain/activation-code.ts'
import { type Outcome, type Refused, rateLimited, refuse } from '../domain/refusals.ts'
import type { User } from '../domain/user.ts'
import type { Audit } from './audit.ts'
import type { Authenticate, Credentials } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { type Limit, noteLimit } from './limit.ts'

/**
 * Counts one guess at the live code of a pending user, on the code and on the ledger of the address, and
 * commits it. `guess` is its number, from 1 to `GUESSES_PER_CODE`; `undefined` means that there was no code
 * left to guess at and nothing was counted. Throws `Unavailable`.
 */
export type CountGuess = (
  user: User,
) => Promise<{ codeId: string; codeLength: number; guess: number } | undefined>

/** The code that belongs to an id, or `undefined` when the key that the id names is not configured any more. */
export type DeriveCode = (codeId: string, length: number) => string | undefined

/** Compares two strings of digits in a time that does not depend on where they differ. */
export type SameCode = (one: string, other: string) => boolean

/**
 * Consumes the code, activates the user, resets the ledger of the address and enqueues `user.activated`, in
 * one statement. `false` when another request won, or the code was replaced or ran out. Throws `Unavailable`.
 */
export type ConsumeCode = (activation: {
  user: User
  codeId: string
  eventId: string
  correlationId: string
}) => Promise<boolean>

/** Why a user's code cannot be used now: `already_active`, `exhausted_code` or `expired_code`. */
export type ExplainDeadCode = (userId: string) => Promise<Refused>

export type ActivateUserPorts = {
  wrongGuessesPerNetwork: Limit
  authenticate: Authenticate
  countGuess: CountGuess
  deriveCode: DeriveCode
  sameCode: SameCode
  consumeCode: ConsumeCode
  explainDeadCode: ExplainDeadCode
  newId: () => string
  wakeCourier: () => void
  audit: Audit
}

export type ActivationInput = { credentials: Credentials; code: string; caller: Caller }

/**
 * Activates the account that the credentials belong to, if `code` is the live code that was mailed for this
 * very registration. The guess is committed before it is compared, so that neither a crash nor a race gives
 * one away for free. Of guesses that a network sends all at once, those that end after its quota of wrong ones
 * is spent learn nothing, right or wrong.
 */
export const activateUser = (ports: ActivateUserPorts) => {
  const wrongGuesses = ports.wrongGuessesPerNetwork

  return async ({ credentials, code, caller }: ActivationInput): Promise<Outcome<{ user: User }>> => {
    const waitBefore = await wrongGuesses.waitSeconds(caller.network)
    if (waitBefore > 0) return limitHit(waitBefore)
    const authenticated = await ports.authenticate(credentials, caller)
    if (!authenticated.ok) return authenticated
    const { user } = authenticated
    if (user.activatedAt) return refuse({ refusal: 'already_active' })

    const counted = await ports.countGuess(user)
    if (!counted) return ports.explainDeadCode(user.id)
    const expected = ports.deriveCode(counted.codeId, counted.codeLength)
    if (expected === undefined) return refuse({ refusal: 'expired_code' })
    if (!ports.sameCode(expected, code)) return wrongGuess(user, GUESSES_PER_CODE - counted.guess)

    const waitAfter = await wrongGuesses.waitSeconds(caller.network)
    if (waitAfter > 0) return limitHit(waitAfter, user)
    const consumed = await ports.consumeCode({
      user,
      codeId: counted.codeId,
      eventId: ports.newId(),
      correlationId: caller.correlationId,
    })
    if (!consumed) return ports.explainDeadCode(user.id)
    ports.wakeCourier()
    ports.audit({ event: 'activated', email: user.email, userId: user.id, ...caller })
    return { ok: true, user }

    async function wrongGuess({ email, id: userId }: User, attemptsLeft: number): Promise<Refused> {
      ports.audit({ event: 'wrong_guess', email, userId, ...caller })
      if (attemptsLeft === 0) ports.audit({ event: 'exhausted', email, userId, ...caller })
      const wait = await wrongGuesses.charge(caller.network)
      return wait > 0 ? limitHit(wait, user) : refuse({ refusal: 'wrong_code', attemptsLeft })
    }

    function limitHit(waitSeconds: number, user?: User): Refused {
      return noteLimit(ports.audit, rateLimited(wrongGuesses.policy, waitSeconds), caller, user?.email)
    }
  }
}
