import {
  firstOfEach,
  type Indexed,
  isSend,
  type Mail,
  mayFollow,
  type Operation,
  type Report,
} from './history.ts'

const GUESSES = 3
/** What the service may take to read and note an acceptance on a busy machine; its minute ends that much later. */
const SLACK_MS = 2000

/** I2, and I3: when a code may be accepted, and that it is guessed at three times at most. */
export const checkCodes = (all: Indexed, report: Report): void => {
  const successes = all.operations.filter(({ kind, outcome }) => kind === 'activate' && outcome === 'ok')
  for (const [, activations] of Map.groupBy(successes, ({ email }) => email)) {
    if (activations.length > 1) report('I2', 'activated twice', ...activations)
  }
  for (const activation of successes) checkAccepted(all, activation, report)
  for (const mail of firstOfEach(all.mails)) {
    checkMail(all, mail, report)
    checkGuesses(all, mail, report)
  }
  for (const [, mails] of Map.groupBy(all.mails, ({ operationId }) => operationId)) {
    if (new Set(mails.map(({ id, code }) => `${id} ${code}`)).size > 1) {
      report('I3', 'two different mails for one request', ...mails)
    }
  }
}

const checkAccepted = (all: Indexed, activation: Operation, report: Report): void => {
  const mails = all.mailsTo(activation.email).filter(({ code }) => code === activation.code)
  if (mails.length === 0) return void report('I3', 'accepted a code that was never mailed', activation)
  const own = mails.filter(mail => all.operation(mail.operationId)?.password === activation.password)
  if (own.length === 0) {
    return void report('I3', 'accepted a code mailed for another registration', activation, ...mails)
  }
  // A code may come up twice by chance: one good reason is enough.
  const found = firstOfEach(own).map(mail => faultOf(all, mail, activation))
  if (found.every(fault => fault !== undefined))
    report('I3', `accepted a code ${found[0]}`, activation, ...own)
}

/** Why the code of a mail should not have been accepted. */
const faultOf = (all: Indexed, mail: Mail, activation: Operation): string | undefined => {
  const sent = all.operation(mail.operationId)
  const replaced = all
    .operationsOf(mail.to)
    .some(
      other =>
        isSend(other) &&
        other.outcome === 'ok' &&
        sent !== undefined &&
        other.askedAt > mail.arrivedAt &&
        other.answeredAt < activation.askedAt,
    )
  if (replaced) return 'that was replaced'
  const wrong = guessesAt(all, mail).filter(
    ({ problem, answeredAt }) => problem === 'wrong_code' && answeredAt < activation.askedAt,
  )
  if (wrong.length >= GUESSES) return 'after three wrong guesses'
  return isLate(all, mail, activation) ? 'that had run out' : undefined
}

/**
 * Late, for certain: the minute of an attempt whose acceptance nobody may have heard of, because something was
 * down just then, has not begun by what is promised.
 */
const isLate = (all: Indexed, mail: Mail, activation: Operation): boolean => {
  const attempts = all
    .mailsTo(mail.to)
    .filter(({ id, arrivedAt }) => id === mail.id && arrivedAt < activation.askedAt)
  const accepted = attempts.at(-1)?.acceptedAt
  if (accepted === undefined) return false
  const unheard = all.troubles.some(({ from, until }) => from < accepted + SLACK_MS && until > accepted)
  return !unheard && activation.askedAt > accepted + all.codeTtlMs + SLACK_MS
}

/** Every code was asked for, and is mailed with the request that asked. */
const checkMail = (all: Indexed, mail: Mail, report: Report): void => {
  const asked = all.operation(mail.operationId)
  if (!asked || !isSend(asked) || asked.email !== mail.to || asked.outcome === 'refused') {
    report('I3', 'a mail that nobody asked for', mail, asked)
  }
}

const checkGuesses = (all: Indexed, mail: Mail, report: Report): void => {
  const guesses = guessesAt(all, mail)
  const left = guesses.map(({ body }) => body?.attempts_left).filter(attempts => attempts !== undefined)
  if (guesses.length > GUESSES) report('I3', 'more than three guesses at one code', mail, ...guesses)
  else if (new Set(left).size < left.length) report('I3', 'a guess that was not counted', mail, ...guesses)
}

/** The guesses that were compared with the code of this mail for certain: between its arrival and the next send. */
const guessesAt = (all: Indexed, mail: Mail): Operation[] => {
  const operations = all.operationsOf(mail.to)
  const asked = all.operation(mail.operationId)
  if (!asked) return []
  const sends = operations.filter(other => isSend(other) && other !== asked && other.outcome !== 'refused')
  const [before, next] = [sends.filter(isBefore), sends.filter(other => !isBefore(other))]
  // One from before may have come in between all the same.
  if (before.some(other => mayFollow(other, asked))) return []
  const from = firstArrival(all, mail)
  const until = Math.min(...next.map(({ askedAt }) => askedAt))
  return operations.filter(
    ({ kind, outcome, problem, password, askedAt, answeredAt }) =>
      kind === 'activate' &&
      (outcome === 'ok' || problem === 'wrong_code') &&
      password === asked.password &&
      askedAt >= from &&
      answeredAt <= until,
  )

  function isBefore({ askedAt }: Operation): boolean {
    return asked !== undefined && askedAt < asked.askedAt
  }
}

const firstArrival = (all: Indexed, mail: Mail): number =>
  Math.min(
    ...all
      .mailsTo(mail.to)
      .filter(({ id }) => id === mail.id)
      .map(({ arrivedAt }) => arrivedAt),
  )
