import type { Indexed, ReceivedEvent, Report } from './history.ts'

/** I4, and that every event tells of something that has happened, once, and in its order. */
export const checkEvents = (all: Indexed, report: Report): void => {
  for (const account of all.accounts) {
    const events = all.activated.of(account.id)
    if (account.isActive && events.length !== 1) {
      report('I4', `an activated account with ${events.length} ids of user.activated`, account, ...events)
    }
  }
  for (const event of all.activated.all) {
    const account = all.account(event.email)
    if (account?.id !== event.subject || !account.isActive) {
      report('I4', 'a user.activated for an account that is not active', event, account)
    }
    checkCause(all, event, 'activate', report)
  }
  for (const event of all.registered.all) {
    checkCause(all, event, 'register', report)
    const more = all.registered.of(event.subject)
    if (more.length > 1) report('I4', 'two ids of user.registered for one registration', ...more)
  }
  for (const [, deliveries] of Map.groupBy(all.events, ({ id }) => id)) {
    if (new Set(deliveries.map(({ text }) => text)).size > 1) {
      report('I4', 'one id with different contents', ...deliveries)
    }
  }
  checkOrder(all, report)
}

/** What was refused has no effect, and one request has one effect. */
const checkCause = (
  all: Indexed,
  event: ReceivedEvent,
  kind: 'register' | 'activate',
  report: Report,
): void => {
  const cause = all.operation(event.operationId)
  const told = kind === 'register' && cause?.outcome === 'ok' ? cause.body?.id : event.subject
  if (cause?.kind !== kind || cause.email !== event.email || told !== event.subject) {
    report('I4', 'an event that no request explains', event, cause)
  } else if (cause.outcome === 'refused') {
    report('I5', 'refused, and done nevertheless', cause, event)
  }
}

const checkOrder = (all: Indexed, report: Report): void => {
  const registered = new Set<string>()
  for (const event of all.events) {
    if (event.type.startsWith('user.registered')) registered.add(event.subject)
    else if (!registered.has(event.subject))
      report('I4', 'an event before the user.registered of its user', event)
  }
}
