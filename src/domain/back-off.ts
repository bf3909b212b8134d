const FIRST_SECONDS = 1
const LONGEST_SECONDS = 300

/**
 * Seconds to wait after the `attempt`-th failed attempt (counted from 1): 1 s doubling to 5 min, of which a
 * random half is taken off so that what failed together does not return together. What the other side asked
 * for (`Retry-After`) is honoured when it is longer. `random` is in [0, 1).
 */
export const backOffSeconds = (attempt: number, random: number, retryAfterSeconds = 0): number => {
  const full = Math.min(FIRST_SECONDS * 2 ** (attempt - 1), LONGEST_SECONDS)
  return Math.max(full * (1 - random / 2), retryAfterSeconds)
}
