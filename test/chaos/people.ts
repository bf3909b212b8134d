import { setTimeout as sleep } from 'node:timers/promises'
import { otherThan } from '../support/sign-up.ts'
import type { Recorder, Who } from './client.ts'
import { hasFailed, type Mail, type Operation } from './history.ts'
import type { MailSink } from './mail-sink.ts'
import type { Random } from './random.ts'

/** Where people live: whom they ask, where their mail comes in, and how long things take here. */
export type World = {
  ask: Recorder
  mailSink: MailSink
  codeTtlMs: number
  sendSpacingMs: number
}

type Life = (world: World, who: Who, random: Random) => Promise<void>

const ANOTHER_PASSWORD = 'Another-Horse-8'
/** How long somebody looks into the mail, and how often they try again what nobody has answered. */
const MAIL_PATIENCE_MS = 12_000
const TRIES = 12
/** After the end of a minute for certain: the slack of the checker, and a second. */
const LATE_MS = 3000

const honest: Life = async (world, who) => {
  const code = await registered(world, who)
  if (code) await insist(() => world.ask.activate(who, code))
  await world.ask.me(who)
}

/** Types something else first, once or twice. */
const mistyping: Life = async (world, who, random) => {
  const code = await registered(world, who)
  if (!code) return
  await world.ask.activate(who, otherThan(code))
  if (random.chance(0.5)) await world.ask.activate(who, otherThan(code))
  await insist(() => world.ask.activate(who, code))
}

/** Guesses, all at once or one by one, and has the right code in the end. */
const guessing: Life = async (world, who, random) => {
  const code = await registered(world, who)
  if (!code) return
  const guess = () => world.ask.activate(who, otherThan(code))
  if (random.chance(0.5)) await Promise.all([guess(), guess(), guess(), guess(), guess()])
  else for (let count = 0; count < 4; count += 1) await insist(guess)
  await insist(() => world.ask.activate(who, code))
}

/** Sends the same form several times at once, and once more. */
const impatient: Life = async (world, who) => {
  const code = await registered(world, who)
  if (!code) return
  const activate = () => world.ask.activate(who, code)
  await Promise.all([activate(), activate(), activate()])
  await insist(activate)
  await world.ask.me(who)
}

/** Comes back when the minute is over, then asks for a new code. */
const late: Life = async (world, who) => {
  const code = await registered(world, who)
  if (!code) return
  await sleep(world.codeTtlMs + LATE_MS)
  await insist(() => world.ask.activate(who, code))
  const newCode = await resent(world, who)
  if (newCode) await insist(() => world.ask.activate(who, newCode))
}

/** Asks for another code, and tries the first one first. */
const resending: Life = async (world, who) => {
  const code = await registered(world, who)
  if (!code) return
  await sleep(world.sendSpacingMs)
  const newCode = await resent(world, who)
  await world.ask.activate(who, code)
  if (newCode) await insist(() => world.ask.activate(who, newCode))
}

/** Registers again with another password when the code has run out; both passwords are tried on both codes. */
const returning: Life = async (world, who) => {
  const code = await registered(world, who)
  await sleep(world.codeTtlMs + LATE_MS)
  const again = { ...who, password: ANOTHER_PASSWORD }
  const newCode = await registered(world, again)
  if (code) await world.ask.activate(who, code)
  if (!newCode) return
  await world.ask.activate(who, newCode)
  await insist(() => world.ask.activate(again, newCode))
  await world.ask.me(who)
  await world.ask.me(again)
}

/** Two people, or two windows, want one address at the same time. */
const racing: Life = async (world, who) => {
  const rival = { ...who, password: ANOTHER_PASSWORD }
  const codes = await Promise.all([registered(world, who), registered(world, rival)])
  const attempts = [who, rival].flatMap(each => codes.map(code => ({ each, code })))
  await Promise.all(attempts.map(({ each, code }) => code && world.ask.activate(each, code)))
}

/** Gets in with the right password and not with another one. */
const signingIn: Life = async (world, who) => {
  await world.ask.me(who)
  const code = await registered(world, who)
  await world.ask.me(who)
  if (code) await insist(() => world.ask.activate(who, code))
  await world.ask.me({ ...who, password: ANOTHER_PASSWORD })
  await world.ask.resend(who)
  await insist(() => world.ask.me(who))
}

const LIVES: readonly Life[] = [
  ...[honest, honest, honest, honest, mistyping, mistyping, guessing, impatient, impatient],
  ...[late, resending, returning, racing, signingIn],
]

/** Lives the life that chance has for a person, to its end. */
export const live = (world: World, who: Who, random: Random): Promise<void> =>
  random.pick(LIVES)(world, who, random)

/** Somebody who only signs up, as fast as may be: what capacity is measured with. */
export const signUp = (world: World, who: Who): Promise<void> => honest(world, who, NEVER)
const NEVER: Random = {
  next: () => 0,
  between: low => low,
  chance: () => false,
  pick: items => items[0] as (typeof items)[number],
}

/** Registers, however often that takes, and waits for the code; none when somebody else was first. */
const registered = async ({ ask, mailSink }: World, who: Who): Promise<string | undefined> => {
  const asked = await insist(() => ask.register(who))
  return codeIn(await mailAskedFor(mailSink, asked))
}

const resent = async ({ ask, mailSink }: World, who: Who): Promise<string | undefined> => {
  const asked = await insist(() => ask.resend(who))
  return codeIn(await mailAskedFor(mailSink, asked))
}

const codeIn = (mail: Mail | undefined): string | undefined => mail?.code

/** What was refused asks for nothing; what was not answered may have. */
const mailAskedFor = async (mailSink: MailSink, asked: Operation[]): Promise<Mail | undefined> => {
  const taken = asked.filter(({ outcome }) => outcome !== 'refused').map(({ id }) => id)
  return taken.length === 0 ? undefined : mailSink.mailOf(taken, MAIL_PATIENCE_MS)
}

/** Asks until there is an answer that it makes sense to accept; all that was asked. */
const insist = async (ask: () => Promise<Operation>): Promise<Operation[]> => {
  const asked: Operation[] = []
  while (asked.length < TRIES) {
    const operation = await ask()
    asked.push(operation)
    const comeBack = hasFailed(operation) || operation.problem === 'rate_limited'
    if (!comeBack) break
    await sleep(Math.min(operation.retryAfter ?? 0.5, 2) * 1000)
  }
  return asked
}
