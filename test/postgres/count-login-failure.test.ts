import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { countLoginFailure } from '../../src/infrastructure/postgres/count-login-failure.ts'
import { newAddress } from '../support/client.ts'
import {
  type Bench,
  hashAddress,
  LOGIN_FAILURES_PER_DAY,
  registration,
  startBench,
} from '../support/fixtures.ts'
import { DEFAULT_BUDGET } from '../support/settings.ts'

const DAY = 86_400
const MINUTE = 60

describe('the failed logins of an address', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench({ budget: DEFAULT_BUDGET, poolMax: 16 })
  })
  after(() => bench.close())

  const fail = (email: string) => bench.statements.countLoginFailure(email)
  const failuresOf = async (email: string): Promise<number | undefined> =>
    (await bench.ledgerOf(email))?.login_failures

  /** As if so many had failed, the first of them so long ago. */
  const failedBefore = (email: string, failures: number, secondsAgo: number) =>
    bench.rows(
      `insert into address_ledger (address_hash, login_failures, login_failures_since)
       values ($1, $2, now() - make_interval(secs => $3))`,
      [hashAddress(email), failures, secondsAgo],
    )

  const limit = { name: 'login_failures_per_address', quota: LOGIN_FAILURES_PER_DAY, windowSeconds: DAY }

  /** Checks a refusal, whose wait lies between what was left of the day before and after it. */
  const assertRefused = async (email: string, ask: () => Promise<unknown>): Promise<void> => {
    const left = async (): Promise<number> => {
      const [row] = await bench.rows<{ left: number }>(
        `select ceil(extract(epoch from login_failures_since + interval '1 day' - now()))::int as left
         from address_ledger where address_hash = $1`,
        [hashAddress(email)],
      )
      return row?.left ?? Number.NaN
    }
    const atMost = await left()
    const { retryAfterSeconds, ...refused } = (await ask()) as { retryAfterSeconds: number }
    const atLeast = await left()
    assert.deepEqual(refused, { ok: false, refusal: 'rate_limited', limit })
    assert.ok(
      atLeast <= retryAfterSeconds && retryAfterSeconds <= atMost,
      `${retryAfterSeconds} <= ${atMost}`,
    )
  }

  const addresses: [whose: string, make: () => Promise<string>][] = [
    ['an address nobody knows', async () => newAddress()],
    ['a pending account', async () => (await bench.register()).email],
    ['an active account', async () => (await bench.registerActive()).email],
  ]
  for (const [whose, make] of addresses) {
    it(`of ${whose} are counted up to 100; the next one is refused`, async () => {
      const email = await make()
      for (let failures = 1; failures <= LOGIN_FAILURES_PER_DAY; failures += 1) {
        assert.equal(await fail(email), undefined, `failure ${failures}`)
      }
      assert.equal(await failuresOf(email), LOGIN_FAILURES_PER_DAY)
      await assertRefused(email, () => fail(email))
    })
  }

  it('are counted for a day from the first of them on, then anew', async () => {
    const email = newAddress()
    await failedBefore(email, LOGIN_FAILURES_PER_DAY, DAY - MINUTE)
    const since = (await bench.ledgerOf(email))?.login_failures_since
    await assertRefused(email, () => fail(email))
    assert.deepEqual((await bench.ledgerOf(email))?.login_failures_since, since, 'no failure makes it longer')

    await bench.rows(
      `update address_ledger set login_failures_since = login_failures_since - interval '1 minute'
       where address_hash = $1`,
      [hashAddress(email)],
    )
    assert.equal(await fail(email), undefined)
    const { login_failures, login_failures_since, touched_at } = (await bench.ledgerOf(email)) ?? {}
    assert.equal(login_failures, 1)
    assert.deepEqual(login_failures_since, touched_at, 'a new day begins now')
  })

  it('leave the sends and the wrong guesses of the address alone', async () => {
    const email = newAddress()
    await bench.setLedger(email, { wrongGuesses: 12, sentSecondsAgo: [10, 20] })
    const before = await bench.ledgerOf(email)
    await fail(email)
    const now = await bench.ledgerOf(email)
    assert.equal(now?.wrong_guesses, 12)
    assert.deepEqual(now?.sent_at, before?.sent_at)
  })

  it('are counted exactly when 50 come at once', async () => {
    const email = newAddress()
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => fail(email)))
    assert.deepEqual(outcomes, Array(50).fill(undefined))
    assert.equal(await failuresOf(email), 50)

    const more = await Promise.all(Array.from({ length: 60 }, () => fail(email)))
    assert.equal(more.filter(outcome => outcome === undefined).length, 50)
    assert.equal(await failuresOf(email), 110)
  })

  it('are not counted at all with a limit of 0', async () => {
    const email = newAddress()
    const count = countLoginFailure(bench.database, hashAddress, 0)
    assert.equal(await count(email), undefined)
    assert.equal(await bench.ledgerOf(email), undefined)
  })

  it('are forgiven by a new registration, whose password nobody has guessed at yet', async () => {
    const email = newAddress()
    await failedBefore(email, 100, 10)
    await bench.register({ email })
    assert.equal(await failuresOf(email), 0)
  })

  it('are not forgiven by a registration that is refused', async () => {
    const { email } = await bench.registerActive()
    await fail(email)
    assert.equal((await bench.statements.storeRegistration(registration({ email }))).ok, false)
    assert.equal(await failuresOf(email), 1)
  })

  describe('as findAccount sees them', () => {
    it('are no obstacle up to the last but one', async () => {
      const email = newAddress()
      await failedBefore(email, LOGIN_FAILURES_PER_DAY - 1, 10)
      assert.equal((await bench.statements.findAccount(email)).loginRefused, undefined)
    })

    it('refuse the next login from the hundredth on, whether the address is known or not', async () => {
      const known = await bench.registerActive()
      for (const email of [known.email, newAddress()]) {
        await bench.rows('delete from address_ledger where address_hash = $1', [hashAddress(email)])
        await failedBefore(email, LOGIN_FAILURES_PER_DAY, 10)
        await assertRefused(email, async () => (await bench.statements.findAccount(email)).loginRefused)
      }
    })

    it('are over after a day', async () => {
      const email = newAddress()
      await failedBefore(email, 1000, DAY)
      assert.equal((await bench.statements.findAccount(email)).loginRefused, undefined)
    })
  })

  describe('findAccount', () => {
    it('tells when the next mail may be sent, whether the address is known or not', async () => {
      const { email } = await bench.register()
      await bench.setLedger(email, { sentSecondsAgo: [10] })
      const unknown = newAddress()
      await bench.setLedger(unknown, { sentSecondsAgo: [10] })
      for (const address of [email, unknown]) {
        const { sendRefused, loginRefused } = await bench.statements.findAccount(address)
        assert.ok(sendRefused?.refusal === 'rate_limited')
        assert.equal(sendRefused.limit.name, 'sends_per_address')
        assert.ok(sendRefused.retryAfterSeconds > 0 && sendRefused.retryAfterSeconds <= 20)
        assert.equal(loginRefused, undefined)

        await bench.ageSends(address, 20)
        assert.equal((await bench.statements.findAccount(address)).sendRefused, undefined)
      }
    })

    it('finds an account whose ledger row has been purged', async () => {
      const { email, userId } = await bench.registerActive()
      await bench.rows('delete from address_ledger where address_hash = $1', [hashAddress(email)])
      const { account, loginRefused, sendRefused } = await bench.statements.findAccount(email)
      assert.equal(account?.user.id, userId)
      assert.deepEqual([loginRefused, sendRefused], [undefined, undefined])
    })
  })
})
