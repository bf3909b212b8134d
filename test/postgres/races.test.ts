import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import { Unavailable } from '../../src/domain/refusals.ts'
import { newAddress } from '../support/client.ts'
import { memoryCounter } from '../support/code-counter.ts'
import {
  type Bench,
  keyring,
  type Registered,
  registration,
  startBench,
  statementsOn,
} from '../support/fixtures.ts'

const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

/** Many connections, so that the statements meet in the database and not in the queue of the pool. */
const CONNECTIONS = 16

describe('many at once, on one address', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench({ poolMax: CONNECTIONS })
    // Connected beforehand: nobody is first because of a handshake.
    await times(CONNECTIONS, () => bench.database.query({ name: 'warm', text: 'select pg_sleep(0.1)' }))
  })
  after(() => bench.close())

  const registerAtOnce = async (email: string) => {
    const inputs = Array.from({ length: CONNECTIONS }, () => registration({ email }))
    const outcomes = await Promise.all(inputs.map(input => bench.statements.storeRegistration(input)))
    const winners = inputs.filter((_, index) => outcomes[index]?.ok)
    const refusals = outcomes.flatMap(outcome => (outcome.ok ? [] : [outcome.refusal]))
    assert.equal(winners.length, 1)
    assert.deepEqual(refusals, Array(CONNECTIONS - 1).fill('email_taken'))

    const [winner] = winners
    assert.equal((await bench.userOf(email))?.id, winner?.userId)
    assert.equal((await bench.userOf(email))?.code_id, winner?.codeId)
    const userIds = inputs.map(({ userId }) => userId)
    const messages = await bench.rows('select id from outbox where user_id = any($1)', [userIds])
    assert.deepEqual(messages.map(({ id }) => id).toSorted(), [winner?.mailId, winner?.eventId].toSorted())
    return winner
  }

  it('16 registrations of a new address have one winner', async () => {
    const email = newAddress()
    await registerAtOnce(email)
    assert.equal((await bench.ledgerOf(email))?.sent_at.length, 1)
  })

  it('16 registrations that replace a dead one have one winner', async () => {
    const dead = await bench.register()
    await bench.expireCode(dead.userId, -1)
    const winner = await registerAtOnce(dead.email)
    assert.notEqual(winner?.userId, dead.userId)
  })

  it('16 activations have one winner and one event', async () => {
    const registered = await bench.register()
    const consumed = await times(16, () => bench.statements.consumeCode({ ...registered, eventId: newId() }))
    assert.equal(consumed.filter(Boolean).length, 1)
    const events = await bench.rows(
      `select from outbox where user_id = $1 and payload->>'type' = 'user.activated'`,
      [registered.userId],
    )
    assert.equal(events.length, 1)
  })

  it('16 resends have one winner when the budget allows one', async () => {
    const database = bench.open(CONNECTIONS)
    const on = statementsOn(database, { spacingSeconds: 30, perHour: 0, perDay: 0 })
    const registered = await bench.register()
    await bench.ageSends(registered.email, 30)
    const outcomes = await times(16, () =>
      on.replaceCode({ ...registered, codeId: keyring.newCodeId(), mailId: newId() }),
    )
    await database.close()
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
    assert.equal((await bench.outboxOf(registered.userId)).length, 3)
  })

  it('an activation and a resend cannot both have the code', async () => {
    for (let rounds = 0; rounds < 10; rounds += 1) {
      const registered = await bench.register()
      const replacement = { ...registered, codeId: keyring.newCodeId(), mailId: newId() }
      const [consumed, replaced] = await Promise.all([
        bench.statements.consumeCode({ ...registered, eventId: newId() }),
        bench.statements.replaceCode(replacement),
      ])
      assert.notEqual(consumed, replaced.ok)
      const row = await bench.userOf(registered.email)
      assert.equal(row?.code_id, consumed ? null : replacement.codeId)
    }
  })
})

/** In a crowd like this a code may be live, then dead, then live again each time someone looks: that is no bug. */
const notLuckyThreeTimes = (error: unknown) => {
  if (error instanceof Unavailable && /kept meeting others/.test(error.message)) {
    return { ok: false, refusal: 'unavailable' } as const
  }
  throw error
}

describe('everything at once, on one address', () => {
  const OPERATIONS = 600

  for (const counter of [undefined, memoryCounter()]) {
    const where = counter ? 'elsewhere' : 'in the database'
    it(`keeps the rules of codes and accounts, without a deadlock, with guesses counted ${where}`, async () => {
      const bench = await startBench({ poolMax: CONNECTIONS, counter })
      const { statements } = bench
      const email = newAddress()
      /** Every registration that was acknowledged, as the last one to know. */
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
      const someone = (): Registered | undefined =>
        // Mostly the last one, sometimes one that is out of date.
        Math.random() < 0.8 ? registered.at(-1) : registered[Math.floor(Math.random() * registered.length)]
      const resend = async () => {
        const user = someone()
        if (!user) return
        const replacement = { ...user, codeId: keyring.newCodeId(), mailId: newId() }
        const outcome = await statements.replaceCode(replacement)
        if (outcome.ok) replaced += 1
        else refusals.add(outcome.refusal)
      }
      const guess = async (right: boolean) => {
        const user = someone()
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

      // Nobody types the right code before the end: an active account would end the show at once.
      const operation = (index: number): Promise<void> => {
        const dice = Math.random()
        if (dice < 0.2) return register()
        if (dice < 0.35) return resend()
        if (dice < 0.85) return guess(index > OPERATIONS * 0.8)
        return carry()
      }
      await register()
      const sequence = Array.from({ length: OPERATIONS }, (_, index) => index)
      const lane = async (): Promise<void> => {
        for (let index = sequence.shift(); index !== undefined; index = sequence.shift()) {
          await operation(index)
        }
      }
      await times(CONNECTIONS, lane)

      const totalGuesses = [...guesses.values()].flat().length
      assert.ok(registered.length > 1 && replaced > 1 && totalGuesses > 10, 'the lanes met')
      for (const numbers of guesses.values()) {
        const all = [1, 2, 3]
        // One that was counted elsewhere may find its code replaced when it is to be charged: then it was none.
        const expected = counter
          ? all.filter(number => numbers.includes(number))
          : all.slice(0, numbers.length)
        assert.deepEqual(numbers.toSorted(), expected)
      }
      assert.ok(activations.length <= 1)
      assert.ok(!refusals.has('rate_limited'))

      const [account, ...others] = await bench.rows('select * from users')
      assert.deepEqual(others, [])
      assert.ok(registered.some(({ userId }) => userId === account?.id))
      assert.equal(account?.activated_at ? account.id : undefined, activations[0])
      const events = await bench.rows(`select user_id from outbox where payload->>'type' = 'user.activated'`)
      assert.ok(events.length <= activations.length, 'the couriers may have carried it already')

      await bench.database.close()
      const alive = `select from pg_stat_activity where datname = current_database() and application_name = 'vestibule'`
      while ((await bench.rows(alive)).length > 0);
      const [stats] = await bench.rows<{ deadlocks: string }>(
        'select deadlocks from pg_stat_database where datname = current_database()',
      )
      await bench.drop()
      assert.equal(Number(stats?.deadlocks), 0)
    })
  }
})
