import type { LimitPolicy } from '../domain/budget.ts'
import type { Refused } from '../domain/refusals.ts'
import type { Audit } from './audit.ts'
import type { Caller } from './caller.ts'

/**
 * Counts something by key, from the first one on for as long as its window, then anew. It knows nothing of
 * accounts: what it answers for a key depends on what was counted for that key and on nothing else.
 */
export type Limit = {
  readonly policy: LimitPolicy
  /** Seconds until the key may go on; 0 while its quota is not spent. Counts nothing. */
  waitSeconds: (key: string) => Promise<number>
  /** Counts one. Returns the seconds to wait when that one was over the quota, else 0. */
  charge: (key: string) => Promise<number>
}

/** Passes a refusal on, with a line in the audit log when it is a limit that was hit. */
export const noteLimit = (
  audit: Audit,
  refused: Refused,
  caller: Caller,
  email: string | undefined,
): Refused => {
  if (refused.refusal === 'rate_limited') {
    audit({ event: 'limit_hit', limit: refused.limit.name, email, ...caller })
  }
  return refused
}
