import { type Indexed, isSend, mayFollow, type Operation, type Report } from './history.ts'

/** I1, for what was acknowledged and for what happened without its client learning of it: all of it, or nothing. */
export const checkAcknowledged = (all: Indexed, report: Report): void => {
  for (const operation of all.operations) {
    if (operation.kind === 'register') checkRegistration(all, operation, report)
    if (isSend(operation) && operation.outcome === 'ok') checkMailed(all, operation, report)
    if (operation.kind === 'activate' && operation.outcome === 'ok') checkActivation(all, operation, report)
    checkKnown(all, operation, report)
  }
  for (const { id, email } of all.accounts) {
    if (all.registered.of(id).length === 0)
      report('I1', 'an account without its user.registered', { id, email })
  }
  for (const message of all.waiting) report('I1', 'still in the outbox after everything is quiet', message)
}

const checkRegistration = (all: Indexed, operation: Operation, report: Report): void => {
  const events = all.registered.by(operation.id)
  const mails = all.mailsBy(operation.id)
  if (operation.outcome === 'ok' && !events.some(({ subject }) => subject === operation.body?.id)) {
    report('I1', 'an acknowledged registration without its user.registered', operation)
  }
  if (operation.outcome === 'unknown' && events.length > 0) checkMailed(all, operation, report)
  if (events.length === 0 && mails.length > 0 && operation.outcome === 'unknown') {
    report('I1', 'half a registration: a mail, and no user.registered', operation, ...mails)
  }
  const ids = new Set([...events.map(({ subject }) => subject), String(operation.body?.id ?? '')])
  if (operation.outcome !== 'ok' && events.length === 0) return
  const account = all.account(operation.email)
  if (!account) return void report('I1', 'a registration is missing', operation, ...events)
  if (ids.has(account.id)) return
  const by = all.registered.of(account.id).map(({ operationId }) => all.operation(operationId))
  if (by.some(successor => successor && mayFollow(successor, operation))) return
  report('I1', 'a registration is missing, and nobody has replaced it', operation, account)
}

/** A mail is due to everyone who asked, unless they asked again, or spent three guesses before it left. */
const checkMailed = (all: Indexed, operation: Operation, report: Report): void => {
  if (all.mailsBy(operation.id).length > 0 || all.givenUp.by(operation.id).length > 0) return
  const others = all.operationsOf(operation.email)
  if (others.some(other => isSend(other) && mayFollow(other, operation))) return
  const guesses = others.filter(
    other =>
      other.kind === 'activate' &&
      other.askedAt >= operation.askedAt &&
      (other.outcome === 'unknown' || other.problem === 'wrong_code'),
  )
  if (guesses.length < 3) report('I1', 'neither a mail nor mail.given_up', operation)
}

const checkActivation = (all: Indexed, operation: Operation, report: Report): void => {
  const account = all.account(operation.email)
  if (!account?.isActive)
    return void report('I1', 'an acknowledged activation is missing', operation, account)
  const registrations = all.registered.of(account.id).map(({ operationId }) => all.operation(operationId))
  if (!registrations.some(registration => registration?.password === operation.password)) {
    report('I1', 'an activated account was replaced', operation, account, ...registrations)
  }
}

/** What was acknowledged is known to every request that comes after. */
const checkKnown = (all: Indexed, operation: Operation, report: Report): void => {
  if (operation.kind === 'register') return
  const before = all
    .operationsOf(operation.email)
    .filter(other => other.outcome === 'ok' && other.answeredAt < operation.askedAt)
  const same = before.filter(({ password }) => password === operation.password)
  if (operation.problem === 'invalid_credentials') {
    const registration = same.find(({ kind }) => kind === 'register')
    if (registration && !isReplaceable(all, registration, operation)) {
      report('I1', 'an acknowledged registration is not known any more', registration, operation)
    }
  }
  const activation = same.find(({ kind }) => kind === 'activate')
  if (activation && operation.kind === 'me' && operation.body?.is_active === false) {
    report('I1', 'an acknowledged activation is not known any more', activation, operation)
  }
}

const isReplaceable = (all: Indexed, registration: Operation, until: Operation): boolean =>
  all
    .operationsOf(registration.email)
    .some(
      other =>
        other.kind === 'register' &&
        other.password !== registration.password &&
        other.askedAt < until.answeredAt &&
        mayFollow(other, registration),
    )
