import type { SendsBudget } from '../../src/domain/budget.ts'
import { keyring } from './fixtures.ts'
import type { Actor } from './model-world.ts'

/**
 * What the design promises about codes and the ledger, said a second time: without SQL, in memory, in whole
 * seconds. The numbers are repeated on purpose; a test that imported them would follow every mistake.
 */
const GUESSES = 3
const TTL = 60
const LEASE = 30
const HOUR = 3600
const DAY = 24 * HOUR
const KEEP_QUIET_LEDGER = 2 * DAY + HOUR
const KEEP_LEDGER = 400 * DAY
const BUDGET: SendsBudget = { spacingSeconds: 30, perHour: 5, perDay: 10 }
const digitsAfter = (wrongGuesses: number): number => (wrongGuesses >= 100 ? 8 : wrongGuesses >= 10 ? 6 : 4)

export type ModelCode = { id: string; digits: string; givenUp: boolean; expiresAt: number | undefined }
/** A registration, pending or active. `guesses` are those at its code. */
export type ModelUser = {
  id: string
  actor: Actor
  createdAt: number
  active: boolean
  code: ModelCode | undefined
  guesses: number
}
export type ModelLedger = { wrongGuesses: number; sends: number[]; touchedAt: number }
export type ModelAddress = {
  email: string
  user: ModelUser | undefined
  ledger: ModelLedger | undefined
  /** Every code there was, the newest last. */
  codes: ModelCode[]
}
export type ModelMail = { id: string; userId: string; codeId: string; dueAt: number; attempts: number }
export type ModelEvent = { type: 'user.registered' | 'user.activated' | 'mail.given_up'; userId: string }
/** `wanted`: the code that the mail brings, if anybody waits for it. */
export type ModelClaim = { id: string; userId: string; attempts: number; wanted: string | undefined }

export const createModel = () => ({
  now: 0,
  addresses: ['one@example.com', 'two@example.com'].map(
    (email): ModelAddress => ({ email, user: undefined, ledger: undefined, codes: [] }),
  ),
  mails: [] as ModelMail[],
  /** Claimed and not settled. */
  inFlight: [] as ModelClaim[],
  events: [] as ModelEvent[],
})
export type Model = ReturnType<typeof createModel>

type Send = { userId: string; codeId: string; mailId: string }

const isOver = (model: Model, { code }: ModelUser): boolean =>
  code?.expiresAt !== undefined && code.expiresAt <= model.now

export const isDead = (model: Model, user: ModelUser): boolean =>
  !user.code || user.code.givenUp || user.guesses >= GUESSES || isOver(model, user)

/** Seconds until the budget of an address allows the next send. */
export const sendWait = (model: Model, { ledger }: ModelAddress): number => {
  const after = (nth: number, seconds: number): number => {
    const sent = ledger?.sends[nth - 1]
    return sent === undefined ? 0 : sent + seconds - model.now
  }
  return Math.max(0, after(1, BUDGET.spacingSeconds), after(BUDGET.perHour, HOUR), after(BUDGET.perDay, DAY))
}

export const touch = (model: Model, address: ModelAddress): ModelLedger => {
  address.ledger ??= { wrongGuesses: 0, sends: [], touchedAt: 0 }
  address.ledger.touchedAt = model.now
  return address.ledger
}

/** Charges an address with wrong guesses and sends. */
export const useUp = (model: Model, address: ModelAddress, guesses: number, sends: number): ModelLedger => {
  const ledger = touch(model, address)
  ledger.wrongGuesses += guesses
  ledger.sends = [...Array(sends).fill(model.now), ...ledger.sends].slice(0, BUDGET.perDay)
  return ledger
}

/** A fresh code for a user; it replaces the one before it and brings three new guesses. */
export const send = (model: Model, address: ModelAddress, user: ModelUser, { codeId, mailId }: Send) => {
  const ledger = useUp(model, address, 0, 1)
  const digits = keyring.deriveCode(codeId, digitsAfter(ledger.wrongGuesses)) ?? ''
  user.code = { id: codeId, digits, givenUp: false, expiresAt: undefined }
  user.guesses = 0
  address.codes.push(user.code)
  model.mails.push({ id: mailId, userId: user.id, codeId, dueAt: model.now, attempts: 0 })
}

/** A registration, in the place of whatever was pending there. */
export const register = (model: Model, address: ModelAddress, actor: Actor, sent: Send): void => {
  const user = { id: sent.userId, actor, createdAt: model.now, active: false, code: undefined, guesses: 0 }
  address.user = user
  model.events.push({ type: 'user.registered', userId: user.id })
  send(model, address, user, sent)
}

/** Counts a guess at the code of a registration; the code it will be compared with, if there is one. */
export const count = (model: Model, address: ModelAddress, user: ModelUser): ModelCode | undefined => {
  if (address.user !== user || user.active || isDead(model, user)) return undefined
  user.guesses += 1
  useUp(model, address, 1, 0)
  return user.code
}

export const attemptsLeft = (user: ModelUser): number => GUESSES - user.guesses

/** Activates with a code that was found right, unless something happened to it since it was counted. */
export const consume = (model: Model, address: ModelAddress, user: ModelUser, code: ModelCode): boolean => {
  if (address.user !== user || user.active || user.code !== code) return false
  if (code.givenUp || isOver(model, user)) return false
  user.active = true
  user.code = undefined
  user.guesses = 0
  touch(model, address).wrongGuesses = 0
  model.events.push({ type: 'user.activated', userId: user.id })
  return true
}

export const whyDead = (address: ModelAddress, user: ModelUser) => {
  if (address.user !== user) return 'expired_code'
  if (user.active) return 'already_active'
  return user.guesses >= GUESSES ? 'exhausted_code' : 'expired_code'
}

/** Claims what is due. A mail is wanted while the code that it would bring can still be used or expire. */
export const claim = (model: Model): ModelClaim[] => {
  const due = model.mails.filter(({ dueAt }) => dueAt <= model.now)
  return due.map(mail => {
    mail.dueAt = model.now + LEASE
    mail.attempts += 1
    const user = userWith(model, mail)
    const wanted = user && user.guesses < GUESSES ? user.code?.digits : undefined
    return { id: mail.id, userId: mail.userId, attempts: mail.attempts, wanted }
  })
}

export type Fate =
  | { result: 'accepted'; ago: number }
  | { result: 'given_up' }
  | { result: 'retry'; in: number }

export const settle = (model: Model, claimed: ModelClaim, fate: Fate): void => {
  const mail = model.mails.find(({ id }) => id === claimed.id)
  const unwanted = claimed.wanted === undefined
  if (!mail || (mail.attempts !== claimed.attempts && (unwanted || fate.result !== 'accepted'))) return
  if (!unwanted && fate.result === 'retry') {
    mail.dueAt = model.now + fate.in
    return
  }
  model.mails = model.mails.filter(other => other !== mail)
  const code = userWith(model, mail)?.code
  if (!code || unwanted) return
  if (fate.result === 'accepted') code.expiresAt = model.now - fate.ago + TTL
  else {
    Object.assign(code, { givenUp: true, expiresAt: undefined })
    model.events.push({ type: 'mail.given_up', userId: mail.userId })
  }
}

/** Whoever waits for the code that a mail brings. */
const userWith = (model: Model, { userId, codeId }: ModelMail): ModelUser | undefined =>
  model.addresses.flatMap(({ user }) =>
    user?.id === userId && user.code?.id === codeId && !user.code.givenUp ? [user] : [],
  )[0]

/** Forgets registrations that are over, and what the ledger may forget; returns who lost a registration. */
export const purge = (model: Model): string[] => {
  const lost = model.addresses.filter(
    ({ user }) => user && !user.active && user.createdAt < model.now - DAY && isDead(model, user),
  )
  for (const address of lost) address.user = undefined
  for (const address of model.addresses) {
    const { ledger } = address
    const keep = ledger && ledger.wrongGuesses > 0 ? KEEP_LEDGER : KEEP_QUIET_LEDGER
    if (ledger && ledger.touchedAt < model.now - keep) address.ledger = undefined
  }
  return lost.map(({ email }) => email)
}
