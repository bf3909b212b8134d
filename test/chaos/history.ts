/** What a client did and learned. `id` went along as X-Correlation-Id, so that mails and events lead back to it. */
export type Operation = {
  id: string
  kind: 'register' | 'activate' | 'resend' | 'me'
  email: string
  password: string
  /** Of an activation. */
  code?: string
  /** Milliseconds on the one clock of the run, as all times here. */
  askedAt: number
  answeredAt: number
  outcome: Outcome
  /** None: the socket was closed, or nothing came in time. */
  status?: number
  /** The `code` of a problem document. */
  problem?: string
  /** Seconds; of an answer that says to come back later. */
  retryAfter?: number
  body?: Record<string, unknown>
}

/**
 * `ok`: it has taken effect, for good. `refused`: it has had no effect. `unknown`: either of the two, but never
 * half of it.
 */
export type Outcome = 'ok' | 'refused' | 'unknown'

/** One attempt to hand a mail over, as the mail service saw it. */
export type Mail = {
  /** Its Idempotency-Key, the same for all attempts. */
  id: string
  operationId: string
  to: string
  code: string
  arrivedAt: number
  /** When it was told that it was accepted; none when it was refused, or the answer was held back. */
  acceptedAt?: number
}

export type ReceivedEvent = {
  id: string
  /** With its version: `user.activated.v1`. */
  type: string
  /** The id of the user. */
  subject: string
  operationId: string
  email: string
  /** All of it, to compare deliveries of one event. */
  text: string
}

/** A row of `users` at the end. */
export type Account = { id: string; email: string; isActive: boolean }

type Span = { from: number; until: number }

/** All there is to judge a run by, once it has gone quiet. Mails and events are in the order of their arrival. */
export type Evidence = {
  operations: Operation[]
  mails: Mail[]
  events: ReceivedEvent[]
  accounts: Account[]
  /** What is still in the outbox. */
  waiting: { topic: string; userId: string; id: string }[]
  codeTtlMs: number
  /** When something was down that the service needs to learn, or to note, that a mail was accepted. */
  troubles: Span[]
  /** When codes were lost, which may be replaced then as if they had run out. */
  losses: Span[]
}

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5'
export type Violation = { invariant: Invariant; what: string; evidence: unknown[] }

/** Answers a check by what it has found. */
export type Report = (invariant: Invariant, what: string, ...evidence: unknown[]) => void

const SUCCESS = { register: 201, activate: 200, resend: 202, me: 200 } as const

/** What became of an operation, going by the answer alone. Overload is refused before anything is done. */
export const outcomeOf = (
  kind: Operation['kind'],
  status: number | undefined,
  problem: string | undefined,
): Outcome => {
  if (status === SUCCESS[kind]) return 'ok'
  if (status === undefined || (status >= 500 && problem !== 'overloaded')) return 'unknown'
  return 'refused'
}

/** True when a client in need of an answer got none: what a balancer and a drain are there to prevent. */
export const hasFailed = ({ outcome, problem }: Operation): boolean =>
  outcome === 'unknown' || problem === 'overloaded'

/** The evidence, by what it is asked for. */
export const indexed = (evidence: Evidence) => {
  const { operations, mails, events, accounts } = evidence
  const byId = new Map(operations.map(operation => [operation.id, operation]))
  const byEmail = Map.groupBy(operations, ({ email }) => email)
  const eventsByType = Map.groupBy(firstOfEach(events), ({ type }) => type.replace(/\.v\d+$/, ''))
  const eventsOf = (type: string) => {
    const all = eventsByType.get(type) ?? []
    const bySubject = Map.groupBy(all, ({ subject }) => subject)
    const byOperation = Map.groupBy(all, ({ operationId }) => operationId)
    return {
      all,
      of: (subject: string) => bySubject.get(subject) ?? [],
      by: (operationId: string) => byOperation.get(operationId) ?? [],
    }
  }
  const accountsByEmail = new Map(accounts.map(account => [account.email, account]))
  const mailsByOperation = Map.groupBy(mails, ({ operationId }) => operationId)
  const mailsByAddress = Map.groupBy(mails, ({ to }) => to)
  return {
    ...evidence,
    operation: (id: string) => byId.get(id),
    operationsOf: (email: string) => byEmail.get(email) ?? [],
    registered: eventsOf('user.registered'),
    activated: eventsOf('user.activated'),
    givenUp: eventsOf('mail.given_up'),
    account: (email: string) => accountsByEmail.get(email),
    mailsBy: (operationId: string) => mailsByOperation.get(operationId) ?? [],
    mailsTo: (email: string) => mailsByAddress.get(email) ?? [],
  }
}

export type Indexed = ReturnType<typeof indexed>

/** The first delivery of each event. */
export const firstOfEach = <Item extends { id: string }>(items: Item[]): Item[] =>
  [...new Map(items.toReversed().map(item => [item.id, item])).values()].toReversed()

/** Asks for a mail, if it takes effect. */
export const isSend = ({ kind }: Operation): boolean => kind === 'register' || kind === 'resend'

/** True when one may have taken effect after the other: an unknown one may be at work long after its client gave up. */
export const mayFollow = (later: Operation, earlier: Operation): boolean =>
  later !== earlier &&
  later.outcome !== 'refused' &&
  (later.outcome === 'unknown' || later.answeredAt > earlier.askedAt)
