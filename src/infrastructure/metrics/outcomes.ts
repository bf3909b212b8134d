import { Counter, type Registry } from 'prom-client'
import type { CountOutcome, UseCaseName } from '../../application/count-outcomes.ts'

export type OutcomeMetrics = {
  countOutcome: CountOutcome
  /** A 429; `limit` is the name of its policy. */
  countLimitHit: (limit: string) => void
}

/** Those that rates are computed of; the others appear when they first happen. */
const EXPECTED: Record<UseCaseName, string[]> = {
  register: ['email_taken', 'rate_limited', 'overloaded', 'unavailable'],
  activate: ['wrong_code', 'expired_code', 'exhausted_code', 'rate_limited', 'overloaded', 'unavailable'],
  resend: ['rate_limited', 'overloaded', 'unavailable'],
  look_at_code: ['overloaded', 'unavailable'],
  authenticate: ['invalid_credentials', 'overloaded', 'unavailable'],
}

export const outcomeMetrics = (registry: Registry): OutcomeMetrics => {
  const outcomes = new Counter({
    name: 'vestibule_outcomes_total',
    help: 'What came of requests that were well-formed: ok, or the code of the problem.',
    labelNames: ['use_case', 'outcome'],
    registers: [registry],
  })
  const limits = new Counter({
    name: 'vestibule_limits_hit_total',
    help: 'Answers of 429, by the limit that was hit.',
    labelNames: ['limit'],
    registers: [registry],
  })
  // A counter that appears with its first event hides that event from rate().
  for (const [use_case, expected] of Object.entries(EXPECTED)) {
    for (const outcome of ['ok', ...expected]) outcomes.inc({ use_case, outcome }, 0)
  }
  return {
    countOutcome: (use_case, outcome) => outcomes.inc({ use_case, outcome }),
    countLimitHit: limit => limits.inc({ limit }),
  }
}
