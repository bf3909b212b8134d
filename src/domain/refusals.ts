import type { LimitPolicy } from './budget.ts'

/**
 * Every way in which Vestibule says no without anything being broken. The list is closed: an answer that is
 * not here is either a success or a bug. `http/problems.ts` does not compile while one of them lacks an answer.
 */
export type Refusal =
  | { readonly refusal: 'validation_failed'; readonly violations: readonly Violation[] }
  | { readonly refusal: 'invalid_credentials' }
  | { readonly refusal: 'email_taken' }
  | { readonly refusal: 'already_active' }
  | { readonly refusal: 'wrong_code'; readonly attemptsLeft: number }
  | { readonly refusal: 'expired_code' }
  | { readonly refusal: 'exhausted_code' }
  | {
      readonly refusal: 'rate_limited'
      readonly limit: LimitPolicy
      readonly retryAfterSeconds: number
    }
  | { readonly refusal: 'overloaded'; readonly retryAfterSeconds: number }

/** One rule that one field of the request breaks. `pointer` is a JSON pointer (RFC 6901) into the body. */
export type Violation = { readonly pointer: string; readonly rule: string; readonly detail: string }

/** One rule broken by a value that does not know yet which field it came from. */
export type BrokenRule = { readonly rule: string; readonly detail: string }

export type Refused = { readonly ok: false } & Refusal
export type Outcome<Success> = ({ readonly ok: true } & Success) | Refused

export const refuse = (refusal: Refusal): Refused => ({ ok: false, ...refusal })

export const rateLimited = (limit: LimitPolicy, retryAfterSeconds: number): Refused =>
  refuse({ refusal: 'rate_limited', limit, retryAfterSeconds })

/** Refused by a limit for as long as there is something to wait for. */
export const limitedFor = (limit: LimitPolicy, waitSeconds: number): Refused | undefined =>
  waitSeconds > 0 ? rateLimited(limit, waitSeconds) : undefined

/** With a time to wait by `random`, in [0, 1), so that those who are refused together do not come back together. */
export const overloaded = (random: number): Refused =>
  refuse({ refusal: 'overloaded', retryAfterSeconds: 1 + Math.floor(random * 4) })

/**
 * Thrown when a dependency cannot answer now: the database is down, its pool exhausted, a statement kept
 * losing races. It is not a refusal because the caller did nothing that could be judged; what became of the
 * operation may be unknown, and repeating it must be safe.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly retryAfterSeconds: number

  constructor(message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, { cause: options.cause })
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1
  }
}
