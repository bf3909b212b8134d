import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import { Unavailable } from '../../src/domain/refusals.ts'
import { newAddress } from '../support/client.ts'
import { memoryCounter } from '../support/code-counter.ts'
import { type Bench, keyring, type Registered, registration, startBench } from '../support/fixtures.ts'
import { closeAndCountDeadlocks } from '../support/sessions.ts'

/** Many connections, so that the statements meet in the database and not in the queue of the pool. */
const CONNECTIONS = 16
const OPERATIONS = 600

/** In a crowd like this a code may be live, then dead, then live again each time someone looks: that is no bug. */
const notLuckyThreeTimes = (error: unknown) => {
  if (error instanceof Unavailable && /kept meeting others/.test(error.message)) {
    return { ok: false, refusal: 'unavailable' } as const
  }
  throw error
}

/** What can be done with one address, and what became of it. */
const createCrowd = ({ statements }: Bench) => {
  const email = newAddress()
  /** What was acknowledged. The last one to know comes last. */
  const registered: Registered[] = []
  const guesses = new Map<string, number[]>()
  const activations: string[] = []
  const refusals = new Set<string>()
  let replaced = 0

  const register = async () => {
    const input = registration({ email })
    const stored = await statements.storeRegistration(input).catch(notLuckyThreeTimes)
    if (stored.ok) registered.push({ ...input, user: stored.user })
    else refusals.add(stored.refusal)
  }

  const resend = async () => {
    const user = someone(registered)
    if (!user) return
    const replacement = { ...user, codeId: keyring.newCodeId(), mailId: newId() }
    const outcome = await statements.replaceCode(replacement)
    if (outcome.ok) replaced += 1
    else refusals.add(outcome.refusal)
  }

  const guess = async (right: boolean) => {
    const user = someone(registered)
    if (!user) return
    const counted = await statements.countGuess(user.user)
    if (!counted) return
    guesses.set(counted.codeId, [...(guesses.get(counted.codeId) ?? []), counted.guess])
    if (!right) return
    const consumed = await statements.consumeCode({ ...user, codeId: counted.codeId, eventId: newId() })
    if (consumed) activations.push(user.userId)
  }

  const carry = async () => {
    const messages = await statements.claimMessages({ mail: 5, event: 5 })
    await statements.settleMessages(
      messages.map(({ userId, id, attempts }) => {
        const claim = { userId, id, attempts }
        return Math.random() < 0.2
          ? { ...claim, result: 'given_up', eventId: newId(), reason: 'refused' }
          : { ...claim, result: 'accepted', secondsAgo: Math.random() < 0.3 ? 60 : 0 }
      }),
    )
  }

  const told = { registered, guesses, activations, refusals, replaced: () => replaced }
  return { register, resend, guess, carry, ...told }
}
type Crowd = ReturnType<typeof createCrowd>

/** Mostly the last one, sometimes one that is out of date. */
const someone = (registered: Registered[]): Registered | undefined =>
  Math.random() < 0.8 ? registered.at(-1) : registered[Math.floor(Math.random() * registered.length)]

/** Nobody types the right code before the end: an active account would end the show at once. */
const doAnything = ({ register, resend, guess, carry }: Crowd, nth: number): Promise<void> => {
  const dice = Math.random()
  if (dice < 0.2) return register()
  if (dice < 0.35) return resend()
  if (dice < 0.85) return guess(nth > OPERATIONS * 0.8)
  return carry()
}

/** Has them do everything at once, an operation for each connection at any time. */
const letThemAct = async (crowd: Crowd): Promise<void> => {
  await crowd.register()
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < OPERATIONS) await doAnything(crowd, next++)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
}

/** Each code had its guesses one by one, and no more than three. */
const assertGuesses = ({ guesses }: Crowd, areCountedElsewhere: boolean): void => {
  for (const numbers of guesses.values()) {
    const all = [1, 2, 3]
    // One that was counted elsewhere may find its code replaced when it is to be charged: then it was none.
    const expected = areCountedElsewhere
      ? all.filter(number => numbers.includes(number))
      : all.slice(0, numbers.length)
    assert.deepEqual(numbers.toSorted(), expected)
  }
}

/** There is one account, which was acknowledged, and it is active if somebody was told so. */
const assertAccount = async (bench: Bench, { registered, activations }: Crowd): Promise<void> => {
  assert.ok(activations.length <= 1)
  const [account, ...others] = await bench.rows('select * from users')
  assert.deepEqual(others, [])
  assert.ok(registered.some(({ userId }) => userId === account?.id))
  assert.equal(account?.activated_at ? account.id : undefined, activations[0])
  const events = await bench.rows(`select user_id from outbox where payload->>'type' = 'user.activated'`)
  assert.ok(events.length <= activations.length, 'the couriers may have carried it already')
}

describe('everything at once, on one address', () => {
  for (const counter of [undefined, memoryCounter()]) {
    const where = counter ? 'elsewhere' : 'in the database'
    it(`keeps the rules of codes and accounts, without a deadlock, with guesses counted ${where}`, async () => {
      const bench = await startBench({ poolMax: CONNECTIONS, counter })
      const crowd = createCrowd(bench)
      await letThemAct(crowd)

      const totalGuesses = [...crowd.guesses.values()].flat().length
      assert.ok(crowd.registered.length > 1 && crowd.replaced() > 1 && totalGuesses > 10, 'the lanes met')
      assert.ok(!crowd.refusals.has('rate_limited'))
      assertGuesses(crowd, counter !== undefined)
      await assertAccount(bench, crowd)
      assert.equal(await closeAndCountDeadlocks(bench), 0)
    })
  }
})
