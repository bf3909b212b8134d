import type { SendsBudget } from '../../src/domain/budget.ts'

/** The lightest parameters Argon2 takes: most tests are not about what a hash costs. */
export const CHEAP_HASHES = { ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1' }

/** Tests run side by side on small machines: only those about being refused in time shorten these again. */
export const PATIENT = { DATABASE_TIMEOUT_MS: '20000', HASH_QUEUE_MS: '60000', REDIS_TIMEOUT_MS: '10000' }

/** Apps that run side by side would all want the same port. */
export const NO_METRICS = { METRICS_PORT: '0' }

/** Limits that count by network, off: all tests come from one. Those about limits set them again. */
export const NO_NETWORK_LIMITS = {
  LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '0',
  LIMIT_GUESSES_PER_NETWORK_PER_HOUR: '0',
  LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR: '0',
}

/** The default budget of sends. */
export const DEFAULT_BUDGET: SendsBudget = { spacingSeconds: 30, perHour: 5, perDay: 10 }
