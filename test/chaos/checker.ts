import { checkAcknowledged } from './check-acknowledged.ts'
import { checkAnswers } from './check-answers.ts'
import { checkCodes } from './check-codes.ts'
import { checkEvents } from './check-events.ts'
import { type Evidence, indexed, type Report, type Violation } from './history.ts'

/**
 * Compares what clients saw with what is stored, what was mailed and what was published, after everything has
 * gone quiet. Answers every violation of what is promised under faults:
 *
 * - I1: every acknowledged write survives; a registration with its event and its mail, or the news that it was given up
 * - I2: at most one activation per account
 * - I3: no code is accepted twice, late, after three wrong guesses or after it was replaced
 * - I4: activated if and only if there is exactly one id of a `user.activated`
 * - I5: every answer is a documented one or a closed socket, and never says what is not so
 */
export const check = (evidence: Evidence): Violation[] => {
  const violations: Violation[] = []
  const report: Report = (invariant, what, ...evidence) => violations.push({ invariant, what, evidence })
  const all = indexed(evidence)
  checkAcknowledged(all, report)
  checkCodes(all, report)
  checkEvents(all, report)
  checkAnswers(all, report)
  return violations
}
