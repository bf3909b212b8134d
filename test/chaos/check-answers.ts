import { type Code, STATUS_OF } from '../support/problems.ts'
import { type Indexed, mayFollow, type Operation, type Report } from './history.ts'

const NOT_NOW: Code[] = ['rate_limited', 'overloaded', 'unavailable']
/** What a well-formed request may be told, by the contract. */
const DOCUMENTED: Record<Operation['kind'], Code[]> = {
  register: ['email_taken', ...NOT_NOW],
  activate: [
    'invalid_credentials',
    'already_active',
    'wrong_code',
    'expired_code',
    'exhausted_code',
    ...NOT_NOW,
  ],
  resend: ['invalid_credentials', 'already_active', ...NOT_NOW],
  me: ['invalid_credentials', ...NOT_NOW],
}

/** I5: nothing but documented answers, and none that says what is not so. */
export const checkAnswers = (all: Indexed, report: Report): void => {
  for (const operation of all.operations) {
    if (!isDocumented(operation)) report('I5', 'an undocumented answer', operation)
    if (operation.kind === 'me' && operation.body?.is_active === true) checkActive(all, operation, report)
    if (operation.problem === 'already_active') checkActive(all, operation, report)
    if (operation.kind === 'register' && operation.outcome === 'ok') checkReplaced(all, operation, report)
  }
}

const isDocumented = ({ kind, outcome, status, problem, retryAfter, body, email }: Operation): boolean => {
  if (status === undefined) return true
  if (outcome === 'ok') return kind !== 'register' || (body?.email === email && body.is_active === false)
  const code = DOCUMENTED[kind].find(known => known === problem)
  if (code === undefined || STATUS_OF[code] !== status) return false
  return !NOT_NOW.includes(code) || (retryAfter !== undefined && retryAfter >= 1)
}

/** Nobody is told to be active before somebody has activated the account. */
const checkActive = (all: Indexed, operation: Operation, report: Report): void => {
  const activated = all
    .operationsOf(operation.email)
    .some(
      ({ kind, outcome, askedAt }) =>
        kind === 'activate' && outcome !== 'refused' && askedAt < operation.answeredAt,
    )
  if (!activated) report('I5', 'called active, and nobody has activated it', operation)
}

/** A registration whose code is live is nobody else's to replace. */
const checkReplaced = (all: Indexed, operation: Operation, report: Report): void => {
  const others = all.operationsOf(operation.email)
  const live = others.filter(
    other =>
      other.kind === 'register' &&
      other.outcome === 'ok' &&
      other.answeredAt < operation.askedAt &&
      !others.some(
        between =>
          between !== operation &&
          between.kind !== 'me' &&
          between.kind !== 'register' &&
          mayFollow(between, other),
      ),
  )
  for (const other of live) {
    const accepted = all.mailsBy(other.id).map(({ acceptedAt }) => acceptedAt)
    const since = accepted.every(at => at !== undefined) ? Math.max(...accepted.map(Number)) : undefined
    const guessed = others.some(({ kind, askedAt }) => kind === 'activate' && askedAt > other.askedAt)
    if (since === undefined || guessed || all.givenUp.by(other.id).length > 0) continue
    const lost = all.losses.some(({ from, until }) => from < operation.answeredAt && until > other.askedAt)
    if (!lost && operation.answeredAt < since + all.codeTtlMs) {
      report('I5', 'a registration was replaced while its code was live', other, operation)
    }
  }
}
