import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { keyring } from '../support/fixtures.ts'
import { createWorld, type Lane, openLane, PASSWORDS, type World } from '../support/model-world.ts'
import { pendingUser } from '../support/people.ts'

const DAY = 24 * 3600
const YEAR = 365 * DAY
/** Long enough for codes of every length. */
const THOROUGH_FOR = 30 * DAY
const VICTIM = 'victim@example.com'
const PASSWORD = PASSWORDS.attacker
/** Some 30,000 statements, one after the other, on a machine that may have other things to do. */
const TIMEOUT_MS = 600_000
/** More guesses at one code than anything that works would count. */
const ENOUGH = 10
/** The bound that docs/security.md promises. */
const PROMISED = 0.0015

/** Guesses that were compared, and the codes they were compared with, by the length of those. */
type Tally = { guesses: Record<number, number>; codes: Record<number, number>; probability: number }

describe('an attacker with all networks, for years, at one address', () => {
  let lane: Lane
  let world: World
  let now = 0
  let toldToWait = 0
  let purged = 0
  before(async () => {
    lane = await openLane()
    world = await createWorld(lane, 'year')
  })
  after(() => lane.bench.close())

  /** Days go by for the service too: once in each, what is over is purged, and mail that is left is carried. */
  const rest = async (seconds: number): Promise<void> => {
    const end = now + seconds
    for (let midnight = nextMidnight(now); midnight <= end; midnight += DAY) {
      now = midnight
      await world.turnClockTo(now)
      await carryMails()
      purged += (await world.purge()).length
    }
    now = end
    await world.turnClockTo(now)
  }

  const carryMails = async (): Promise<void> => {
    const claimed = await world.claimMails()
    await world.settle(
      claimed.map(mail => ({
        ...mail,
        ...(mail.topic === 'mail' && mail.wanted
          ? { result: 'accepted', secondsAgo: 0 }
          : { result: 'unwanted' }),
      })),
    )
  }

  /**
   * Waits for as long as the service says, and not a second longer, until it sends another code. A resend and a
   * new registration cost the same; by turns, days of the one and days of the other show all that either can do.
   */
  const nextCode = async (): Promise<void> => {
    await rest(toldToWait)
    let register = Math.floor(now / DAY) % 4 === 0
    for (;;) {
      const asked = register ? await world.register(VICTIM, PASSWORD) : await world.resend(VICTIM, PASSWORD)
      toldToWait = 'retryAfterSeconds' in asked ? asked.retryAfterSeconds : 0
      if (asked.ok) return
      if (asked.refusal === 'rate_limited') await rest(toldToWait)
      // The purge has taken the registration away.
      else if (asked.refusal === 'invalid_credentials') register = true
      else assert.fail(asked.refusal)
    }
  }

  /** Guesses until the code is dead. Nobody is right by accident here: chance is counted, not tried. */
  const guessInVain = async (): Promise<void> => {
    const length = lengthAfter(world.compared.length)
    const right = Number(keyring.deriveCode(world.lastSend.codeId, length))
    const refusals: unknown[] = []
    do {
      const typed = String((right + 1 + refusals.length) % 10 ** length).padStart(length, '0')
      const guessed = await world.activate(VICTIM, PASSWORD, typed)
      refusals.push(!guessed.ok && guessed.refusal)
    } while (refusals.length < ENOUGH && refusals.at(-1) === 'wrong_code')
    assert.equal(refusals.at(-1), 'exhausted_code')
  }

  /**
   * The same in half the time, without the password, which is no secret here: the attacker chose it. A guess
   * that is counted is one that is compared.
   */
  const guessInVainAgain = async (): Promise<void> => {
    const user = { ...pendingUser, id: world.lastSend.userId, email: VICTIM }
    let guesses = 0
    while (guesses < ENOUGH && (await world.countGuess(user))) guesses += 1
  }

  const attackFor = async (seconds: number): Promise<Tally> => {
    const end = now + seconds
    const from = world.compared.length
    for (await nextCode(); now < end; await nextCode()) {
      await (now < THOROUGH_FOR ? guessInVain() : guessInVainAgain())
    }
    const tally = tallyOf(world.compared.slice(from))
    // The code that came too late dies unused.
    toldToWait = 0
    await carryMails()
    await rest(60)
    return tally
  }

  it('gets 12 guesses at codes of 4 digits, 90 at 6, then 8: a chance below 0.15 % in a year', {
    timeout: TIMEOUT_MS,
  }, async t => {
    const { guesses, codes, probability } = await attackFor(YEAR)
    t.diagnostic(`codes ${JSON.stringify(codes)}, guesses ${JSON.stringify(guesses)}, ${probability}`)
    assert.ok(probability <= PROMISED)
    // Less would mean that nobody attacked as well as can be: ten codes a day, three guesses each.
    assert.ok(probability >= 0.0013)
    assert.deepEqual(codes, { 4: 4, 6: 30, 8: 3616 })
    assert.deepEqual(guesses, { 4: 12, 6: 90, 8: 10_848 })
  })

  it('gains nothing from the purge of the registration', async () => {
    assert.ok(purged > 50)
    assert.equal((await lane.bench.ledgerOf(VICTIM))?.wrong_guesses, world.compared.length)
  })

  it('gains nothing by resting for 399 days', async () => {
    await rest(399 * DAY)
    assert.equal(await lane.bench.userOf(VICTIM), undefined)
    const { guesses, probability } = await attackFor(10 * DAY)
    assert.deepEqual(Object.keys(guesses), ['8'])
    assert.ok(probability < PROMISED / 100)
  })

  it('is forgiven by the right code alone, after which there is nothing to guess at', async () => {
    const before = world.compared.length
    await nextCode()
    assert.equal((await lane.bench.ledgerOf(VICTIM))?.wrong_guesses, before)
    const right = keyring.deriveCode(world.lastSend.codeId, 8) ?? ''
    assert.ok((await world.activate(VICTIM, PASSWORD, right)).ok)
    assert.equal((await lane.bench.ledgerOf(VICTIM))?.wrong_guesses, 0)

    await rest(DAY)
    const refusals = [
      await world.register(VICTIM, PASSWORD),
      await world.resend(VICTIM, PASSWORD),
      await world.activate(VICTIM, PASSWORD, right),
    ].map(outcome => !outcome.ok && outcome.refusal)
    assert.deepEqual(refusals, ['email_taken', 'already_active', 'already_active'])
  })
})

const nextMidnight = (now: number): number => (Math.floor(now / DAY) + 1) * DAY

/** Everybody may know how long the next code will be, and types as many digits. */
const lengthAfter = (wrongGuesses: number): number => (wrongGuesses < 10 ? 4 : wrongGuesses < 100 ? 6 : 8)

/** What was compared with a guess, and an upper bound of the chance that one of those guesses had been right. */
const tallyOf = (compared: World['compared']): Tally => {
  const byLength = Map.groupBy(compared, ({ codeLength }) => codeLength)
  const counted = (count: (of: World['compared']) => number) =>
    Object.fromEntries([...byLength].map(([length, of]) => [length, count(of)]))
  return {
    guesses: counted(of => of.length),
    codes: counted(of => new Set(of.map(({ codeId }) => codeId)).size),
    probability: compared.reduce((sum, { codeLength }) => sum + 10 ** -codeLength, 0),
  }
}
