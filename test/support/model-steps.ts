import assert from 'node:assert/strict'
import { v7 as newId } from 'uuid'
import type { ClaimedMail } from '../../src/application/outbox.ts'
import type { Refusal } from '../../src/domain/refusals.ts'
import { keyring } from './fixtures.ts'
import type { Model, ModelAddress, ModelUser } from './model-rules.ts'
import * as rules from './model-rules.ts'
import { type Actor, PASSWORDS, type World } from './model-world.ts'

/** Somebody by name, or whoever the registration belongs to just now. */
export type Who = Actor | 'registrant'
export type Digits = 'right' | 'wrong' | 'of another length' | 'of an old mail' | 'of the other address'

export type Step =
  | { do: 'register'; who: Actor; at: number; instance: 'known' | 'new' }
  | { do: 'resend'; who: Who; at: number; meanwhile?: Step | undefined }
  | { do: 'guess'; who: Who; at: number; digits: Digits; meanwhile?: Meanwhile | undefined }
  | { do: 'claim' }
  | { do: 'settle'; fate: rules.Fate }
  | { do: 'wait'; seconds: number }
  | { do: 'purge' }
  | { do: 'others use up'; at: number; guesses: number; sends: number }

/** What comes between the moment a guess is judged by its password, or counted, and what follows. */
export type Meanwhile = { before: 'countGuess' | 'consumeCode'; step: Step }

type Answer = { ok: boolean; refusal?: Refusal['refusal']; attemptsLeft?: number; retryAfterSeconds?: number }
const OK: Answer = { ok: true }
const refused = (refusal: Refusal['refusal'], more: Partial<Answer> = {}): Answer => ({
  ok: false,
  refusal,
  ...more,
})

/** Of an outcome, what the model has an opinion about. */
const essence = (outcome: object & Answer): Answer => {
  const { ok, refusal, attemptsLeft, retryAfterSeconds } = outcome
  const numbers = { attemptsLeft, retryAfterSeconds }
  const said = Object.entries({ refusal, ...numbers }).filter(([, value]) => value !== undefined)
  return { ok, ...Object.fromEntries(said) }
}

/** Does one thing to the service and to the model, and compares what they answer. */
export const take = async (model: Model, world: World, step: Step): Promise<Answer> => {
  switch (step.do) {
    case 'register':
      return register(model, world, step)
    case 'resend':
      return resend(model, world, step)
    case 'guess':
      return guess(model, world, step)
    case 'claim':
      return claim(model, world)
    case 'settle':
      return settle(model, world, step.fate)
    case 'wait':
      model.now += step.seconds
      await world.turnClockTo(model.now)
      return OK
    case 'purge':
      assert.deepEqual((await world.purge()).toSorted(), rules.purge(model).toSorted())
      return OK
    case 'others use up': {
      const address = addressAt(model, step.at)
      rules.useUp(model, address, step.guesses, step.sends)
      await world.chargeLedger(address.email, step.guesses, step.sends)
      return OK
    }
  }
}

type Of<Do extends Step['do']> = Extract<Step, { do: Do }>

const addressAt = (model: Model, at: number): ModelAddress => {
  const address = model.addresses[at]
  assert.ok(address)
  return address
}

const actorOf = (address: ModelAddress, who: Who): Actor =>
  who === 'registrant' ? (address.user?.actor ?? 'owner') : who

/** A failed login leaves a trace in the ledger. */
const strange = (model: Model, address: ModelAddress): Answer => {
  rules.touch(model, address)
  return refused('invalid_credentials')
}

/** The user whom credentials belong to. */
const userOf = (address: ModelAddress, actor: Actor): ModelUser | undefined =>
  address.user?.actor === actor ? address.user : undefined

const register = async (
  model: Model,
  world: World,
  { who, at, instance }: Of<'register'>,
): Promise<Answer> => {
  const address = addressAt(model, at)
  const { user } = address
  const wait = rules.sendWait(model, address)
  const taken = user && (user.active || !rules.isDead(model, user))
  const expected = taken
    ? refused('email_taken')
    : wait > 0
      ? refused('rate_limited', { retryAfterSeconds: wait })
      : OK
  const answer = essence(await world.register(address.email, PASSWORDS[who], instance))
  assert.deepEqual(answer, expected)
  if (answer.ok) rules.register(model, address, who, world.lastSend)
  return answer
}

const resend = async (model: Model, world: World, step: Of<'resend'>): Promise<Answer> => {
  const address = addressAt(model, step.at)
  const actor = actorOf(address, step.who)
  const wait = rules.sendWait(model, address)
  const user = userOf(address, actor)
  const early =
    address.user && !address.user.active && wait > 0
      ? refused('rate_limited', { retryAfterSeconds: wait })
      : !user
        ? strange(model, address)
        : user.active
          ? refused('already_active')
          : undefined
  let expected = early
  const work = {
    replaceCode: async () => {
      assert.equal(early, undefined)
      if (!user) return
      if (step.meanwhile) await take(model, world, step.meanwhile)
      const wait = rules.sendWait(model, address)
      if (address.user !== user) expected = refused('invalid_credentials')
      else if (user.active) expected = refused('already_active')
      else expected = wait > 0 ? refused('rate_limited', { retryAfterSeconds: wait }) : OK
    },
  }
  const answer = essence(await world.resend(address.email, PASSWORDS[actor], work))
  if (expected?.ok && user) {
    rules.send(model, address, user, world.lastSend)
    expected = { ok: true, retryAfterSeconds: rules.sendWait(model, address) }
  }
  assert.deepEqual(answer, expected)
  return answer
}

const guess = async (model: Model, world: World, step: Of<'guess'>): Promise<Answer> => {
  const address = addressAt(model, step.at)
  const actor = actorOf(address, step.who)
  const typed = digitsFor(model, address, step.digits)
  const user = userOf(address, actor)
  let code: rules.ModelCode | undefined
  let expected: Answer | undefined
  if (!user) expected = strange(model, address)
  else if (user.active) expected = refused('already_active')

  const meanwhile = async (before: Meanwhile['before']) => {
    if (step.meanwhile?.before === before) await take(model, world, step.meanwhile.step)
  }
  const work = {
    countGuess: async () => {
      assert.equal(expected, undefined)
      if (!user) return
      await meanwhile('countGuess')
      code = rules.count(model, address, user)
      if (!code) expected = refused(rules.whyDead(address, user))
      else if (code.digits !== typed) {
        expected = refused('wrong_code', { attemptsLeft: rules.attemptsLeft(user) })
      }
    },
    consumeCode: async () => {
      assert.ok(code && user && code.digits === typed, 'only the right code is consumed')
      await meanwhile('consumeCode')
      const consumed = rules.consume(model, address, user, code)
      expected = consumed ? OK : refused(rules.whyDead(address, user))
    },
  }
  const answer = essence(await world.activate(address.email, PASSWORDS[actor], typed, work))
  assert.deepEqual(answer, expected)
  return answer
}

const digitsFor = (model: Model, address: ModelAddress, digits: Digits): string => {
  const right = address.codes.at(-1)?.digits ?? '0000'
  const wrong = String((Number(right) + 1) % 10 ** right.length).padStart(right.length, '0')
  const others = model.addresses.find(other => other !== address)
  const typed: Record<Digits, string | undefined> = {
    right,
    wrong,
    'of another length': right.length === 4 ? `${right}00` : right.slice(0, -2),
    'of an old mail': address.codes.at(-2)?.digits,
    'of the other address': others?.codes.at(-1)?.digits,
  }
  return typed[digits] ?? wrong
}

const claim = async (model: Model, world: World): Promise<Answer> => {
  const expected = rules.claim(model)
  const claimed = (await world.claimMails()).map(mail => ({
    id: mail.id,
    userId: mail.userId,
    attempts: mail.attempts,
    wanted: mail.topic === 'mail' ? digitsIn(mail) : undefined,
  }))
  const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1)
  assert.deepEqual(claimed.toSorted(byId), expected.toSorted(byId))
  model.inFlight.push(...expected)
  return OK
}

/** What the courier would print into the mail. */
const digitsIn = ({ wanted }: ClaimedMail): string | undefined =>
  typeof wanted?.code === 'object' ? keyring.deriveCode(wanted.code.id, wanted.code.length) : undefined

/** Everything in flight comes back, one after the other: a mail may be in flight twice. */
const settle = async (model: Model, world: World, fate: rules.Fate): Promise<Answer> => {
  for (const claimed of model.inFlight.splice(0)) {
    rules.settle(model, claimed, fate)
    const { wanted, ...attempt } = claimed
    await world.settle([{ ...attempt, ...(wanted === undefined ? { result: 'unwanted' } : settledAs(fate)) }])
  }
  return OK
}

const settledAs = (fate: rules.Fate) => {
  if (fate.result === 'accepted') return { result: fate.result, secondsAgo: fate.ago }
  if (fate.result === 'retry') return { result: fate.result, inSeconds: fate.in, reason: 'busy' }
  return { ...fate, eventId: newId(), reason: 'refused' as const }
}
