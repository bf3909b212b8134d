import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import type { SendsBudget } from '../../src/domain/budget.ts'
import type { Database } from '../../src/infrastructure/postgres/database.ts'
import { newAddress } from '../support/client.ts'
import {
  type Bench,
  hashAddress,
  keyring,
  registration,
  type Statements,
  startBench,
  statementsOn,
  UNLIMITED,
} from '../support/fixtures.ts'
import { DEFAULT_BUDGET } from '../support/settings.ts'

const SPACING_ONLY: SendsBudget = { spacingSeconds: 30, perHour: 0, perDay: 0 }
const HOURLY_ONLY: SendsBudget = { spacingSeconds: 0, perHour: 5, perDay: 0 }
const DAILY_ONLY: SendsBudget = { spacingSeconds: 0, perHour: 0, perDay: 10 }
const HOUR = 3600
const DAY = 24 * HOUR

/** `count` sends, the newest `newest` seconds ago, each a second older than the one after it. */
const sends = (count: number, newest: number): number[] =>
  Array.from({ length: count }, (_, index) => newest + index)

describe('the ledger of an address', () => {
  let bench: Bench
  /** Under one name there is one statement per pool, so that each budget needs a pool of its own. */
  const pools = new Map<SendsBudget, Database>()
  before(async () => {
    bench = await startBench()
  })
  after(async () => {
    await Promise.all([...pools.values()].map(pool => pool.close()))
    await bench.close()
  })

  const statementsWith = (budget: SendsBudget): Statements => {
    const pool = pools.get(budget) ?? bench.open(1)
    pools.set(budget, pool)
    return statementsOn(pool, budget)
  }

  const registerOn = (budget: SendsBudget, email: string) =>
    statementsWith(budget).storeRegistration(registration({ email }))

  /** How many seconds a new registration of the address has to wait; 0 when it has not. */
  const waitOf = async (budget: SendsBudget, email: string): Promise<number> => {
    const stored = await registerOn(budget, email)
    if (stored.ok) return 0
    assert.equal(stored.refusal, 'rate_limited')
    return 'retryAfterSeconds' in stored ? stored.retryAfterSeconds : Number.NaN
  }

  /** Whole seconds, rounded up, until the `nth` newest send is `period` seconds old. */
  const exactWait = async (email: string, nth: number, period: number): Promise<number> => {
    const [row] = await bench.rows<{ wait: number }>(
      `select ceil(extract(epoch from sent_at[$2] - now()) + $3)::int as wait
       from address_ledger where address_hash = $1`,
      [hashAddress(email), nth, period],
    )
    return row?.wait ?? Number.NaN
  }

  describe('as a budget of sends', () => {
    const lines: [string, SendsBudget, number[], number, number][] = [
      ['30 s apart', SPACING_ONLY, [12.3], 1, 30],
      ['5 an hour', HOURLY_ONLY, sends(5, 1000.5), 5, HOUR],
      ['10 a day', DAILY_ONLY, sends(10, 50_000.5), 10, DAY],
      ['the spacing, when all three hold', DEFAULT_BUDGET, [3.5, 2 * DAY], 1, 30],
      ['the hour, when the spacing is long over', DEFAULT_BUDGET, sends(5, 60.5), 5, HOUR],
      ['the day, when it ends after the hour', DEFAULT_BUDGET, sends(10, 100.5), 10, DAY],
    ]
    for (const [line, budget, sentSecondsAgo, nth, period] of lines) {
      it(`tells to the second when the next mail may be sent: ${line}`, async () => {
        const email = newAddress()
        await bench.setLedger(email, { sentSecondsAgo })
        const atMost = await exactWait(email, nth, period)
        const wait = await waitOf(budget, email)
        const atLeast = await exactWait(email, nth, period)
        assert.ok(atLeast <= wait && wait <= atMost, `${atLeast} <= ${wait} <= ${atMost}`)
        assert.equal(await bench.userOf(email), undefined)

        await bench.ageSends(email, wait)
        assert.equal(await waitOf(budget, email), 0)
      })
    }

    const underBudget: [string, SendsBudget, number[]][] = [
      ['a send 30 s ago', SPACING_ONLY, [30]],
      ['4 in the last hour', HOURLY_ONLY, sends(4, 1)],
      ['5, the oldest an hour ago', HOURLY_ONLY, [...sends(4, 1), HOUR]],
      ['9 in the last day', DAILY_ONLY, sends(9, 1)],
      ['10, the oldest a day ago', DAILY_ONLY, [...sends(9, 1), DAY]],
    ]
    for (const [used, budget, sentSecondsAgo] of underBudget) {
      it(`allows another one after ${used}`, async () => {
        const email = newAddress()
        await bench.setLedger(email, { sentSecondsAgo })
        assert.equal(await waitOf(budget, email), 0)
      })
    }

    it('is switched off line by line with 0', async () => {
      const email = newAddress()
      await bench.setLedger(email, { sentSecondsAgo: sends(20, 0) })
      assert.equal(await waitOf(UNLIMITED, email), 0)
    })

    it('remembers as many sends as its largest line needs, newest first', async () => {
      const email = newAddress()
      await bench.setLedger(email, { sentSecondsAgo: sends(12, 2 * DAY) })
      assert.equal(await waitOf(DEFAULT_BUDGET, email), 0)
      const sentAt = (await bench.ledgerOf(email))?.sent_at ?? []
      assert.equal(sentAt.length, 10)
      assert.deepEqual(
        sentAt,
        sentAt.toSorted((one, other) => other.getTime() - one.getTime()),
      )
    })

    it('is shared by registering and resending', async () => {
      const { storeRegistration, replaceCode } = statementsWith(SPACING_ONLY)
      const input = registration()
      const stored = await storeRegistration(input)
      assert.ok(stored.ok)
      const replacement = { ...input, user: stored.user, codeId: keyring.newCodeId(), mailId: newId() }
      const refused = await replaceCode(replacement)
      assert.equal(!refused.ok && refused.refusal, 'rate_limited')
    })

    it('is not lifted by deleting the user', async () => {
      const email = newAddress()
      assert.equal(await waitOf(SPACING_ONLY, email), 0)
      await bench.rows('delete from users where email = $1', [email])
      assert.notEqual(await waitOf(SPACING_ONLY, email), 0)
    })

    it('is not lifted by activating', async () => {
      const { email } = await bench.registerActive()
      assert.equal((await bench.ledgerOf(email))?.sent_at.length, 1)
    })

    it('names email_taken rather than the budget when both stand in the way', async () => {
      const { email } = await bench.register()
      const refused = await registerOn(SPACING_ONLY, email)
      assert.equal(!refused.ok && refused.refusal, 'email_taken')
    })

    it('names the budget when the registration before is dead', async () => {
      const { email, userId } = await bench.register()
      await bench.expireCode(userId, -1)
      assert.notEqual(await waitOf(SPACING_ONLY, email), 0)
      assert.equal((await bench.userOf(email))?.id, userId)
    })
  })

  describe('as a count of wrong guesses', () => {
    const lengths = [
      [0, 4],
      [9, 4],
      [10, 6],
      [99, 6],
      [100, 8],
      [100_000, 8],
    ] as const
    for (const [wrongGuesses, digits] of lengths) {
      it(`makes the code of a registration ${digits} digits long after ${wrongGuesses}`, async () => {
        const email = newAddress()
        await bench.setLedger(email, { wrongGuesses })
        await bench.register({ email })
        assert.equal((await bench.userOf(email))?.code_length, digits)
      })

      it(`makes a resent code ${digits} digits long after ${wrongGuesses}`, async () => {
        const registered = await bench.register()
        await bench.setLedger(registered.email, { wrongGuesses })
        const replacement = { ...registered, codeId: keyring.newCodeId(), mailId: newId() }
        assert.ok((await bench.statements.replaceCode(replacement)).ok)
        assert.equal((await bench.userOf(registered.email))?.code_length, digits)
      })
    }

    it('makes the code of a registration that replaces another one as long', async () => {
      const { email, userId } = await bench.register()
      await bench.setLedger(email, { wrongGuesses: 10 })
      await bench.expireCode(userId, -1)
      await bench.register({ email })
      assert.equal((await bench.userOf(email))?.code_length, 6)
    })

    it('goes on across codes, re-registrations and deleted users', async () => {
      const first = await bench.register()
      for (let guess = 0; guess < 3; guess += 1) await bench.statements.countGuess(first.user)
      const second = await bench.register({ email: first.email })
      await bench.statements.countGuess(second.user)
      await bench.rows('delete from users where id = $1', [second.userId])
      const third = await bench.register({ email: first.email })
      await bench.statements.countGuess(third.user)
      assert.equal((await bench.ledgerOf(first.email))?.wrong_guesses, 5)
    })

    it('starts again from 0 with an activation', async () => {
      const registered = await bench.register()
      await bench.setLedger(registered.email, { wrongGuesses: 99 })
      await bench.statements.countGuess(registered.user)
      assert.ok(await bench.statements.consumeCode({ ...registered, eventId: newId() }))
      assert.equal((await bench.ledgerOf(registered.email))?.wrong_guesses, 0)
    })
  })

  it('holds no address, only its keyed hash', async () => {
    const { email } = await bench.register()
    const [row] = await bench.rows<{ text: string }>(
      'select address_ledger::text as text from address_ledger where address_hash = $1',
      [hashAddress(email)],
    )
    assert.ok(row)
    assert.ok(!row.text.includes(email))
    assert.ok(!row.text.includes(Buffer.from(email).toString('hex')))
  })
})
