import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Limit } from '../../src/application/limit.ts'
import type { LimitPolicy } from '../../src/domain/budget.ts'

export type LimitStore = {
  limit: (policy: LimitPolicy) => Limit
  /** Lets time pass for what is counted, without waiting. */
  pass: (seconds: number) => unknown
  /** How many seconds may pass by themselves while a test runs. */
  inaccuracySeconds: number
}

const POLICY: LimitPolicy = { name: 'wrong_guesses_per_network', quota: 3, windowSeconds: 900 }
const KEY = '192.0.2.0/24'

/** What the port `Limit` promises, wherever it is counted. `open` gives each test a store that knows nothing. */
export const describeLimit = (
  where: string,
  skip: string | false,
  open: (t: TestContext) => Promise<LimitStore> | LimitStore,
): void => {
  /** A limit of 3 in 15 minutes. */
  const startLimit = async (t: TestContext, quota = POLICY.quota) => {
    const { limit: limitOf, pass, inaccuracySeconds } = await open(t)
    const limit = limitOf({ ...POLICY, quota })
    return {
      ...limit,
      pass,
      chargeTimes: async (times: number) => {
        const waits: number[] = []
        for (let nth = 0; nth < times; nth += 1) waits.push(await limit.charge(KEY))
        return waits
      },
      /** Compares what there is to wait, here and now. */
      assertWaits: (actual: number | number[], expected: number | number[]) => {
        const pairs = [expected].flat().map((wait, index) => ({ wait, got: [actual].flat()[index] ?? -1 }))
        const same = pairs.every(({ wait, got }) => {
          return wait === 0 ? got === 0 : got > 0 && got <= wait && got >= wait - inaccuracySeconds
        })
        assert.ok(same && pairs.length === [actual].flat().length, `${actual} instead of ${expected}`)
      },
    }
  }

  describe(`a limit, counted ${where}`, { skip }, () => {
    it('lets each network have its quota, and tells the next one to wait until the window ends', async t => {
      const { chargeTimes, waitSeconds, pass, assertWaits } = await startLimit(t)
      assertWaits(await chargeTimes(1), [0])
      await pass(100)
      assertWaits(await chargeTimes(3), [0, 0, 800])
      assertWaits(await waitSeconds(KEY), 800)
    })

    it('can say beforehand that the quota is spent', async t => {
      const { chargeTimes, waitSeconds, assertWaits } = await startLimit(t)
      assertWaits(await waitSeconds(KEY), 0)
      await chargeTimes(2)
      assertWaits(await waitSeconds(KEY), 0)
      await chargeTimes(1)
      assertWaits(await waitSeconds(KEY), 900)
    })

    it('counts nothing when it is only asked', async t => {
      const { chargeTimes, waitSeconds, assertWaits } = await startLimit(t)
      for (let nth = 0; nth < 10; nth += 1) assertWaits(await waitSeconds(KEY), 0)
      assertWaits(await chargeTimes(3), [0, 0, 0])
    })

    it('lets the whole quota through again after the seconds that it said', async t => {
      const { chargeTimes, waitSeconds, pass, assertWaits } = await startLimit(t)
      const wait = (await chargeTimes(4)).at(-1) ?? 0
      await pass(wait - 60)
      assertWaits(await waitSeconds(KEY), 60)
      await pass(60)
      assertWaits(await waitSeconds(KEY), 0)
      assertWaits(await chargeTimes(4), [0, 0, 0, 900])
    })

    it('is not made longer by requests that come too early', async t => {
      const { chargeTimes, pass, assertWaits } = await startLimit(t)
      await chargeTimes(10)
      await pass(450)
      assertWaits(await chargeTimes(10), Array(10).fill(450))
      await pass(450)
      assertWaits(await chargeTimes(1), [0])
    })

    it('counts each network apart', async t => {
      const { chargeTimes, charge, waitSeconds, assertWaits } = await startLimit(t)
      await chargeTimes(4)
      assertWaits(await waitSeconds('198.51.100.0/24'), 0)
      assertWaits(await charge('198.51.100.0/24'), 0)
    })

    it('counts apart from other limits', async t => {
      const { limit } = await open(t)
      const [guesses, registrations] = [
        limit(POLICY),
        limit({ ...POLICY, name: 'registrations_per_network' }),
      ]
      for (let nth = 0; nth < 4; nth += 1) await guesses.charge(KEY)
      assert.equal(await registrations.waitSeconds(KEY), 0)
      assert.equal(await registrations.charge(KEY), 0)
    })

    it('lets the quota of 50 at once through', async t => {
      const { charge } = await startLimit(t)
      const waits = await Promise.all(Array.from({ length: 50 }, () => charge(KEY)))
      assert.equal(waits.filter(wait => wait === 0).length, 3)
    })

    it('is switched off by a quota of 0', async t => {
      const { chargeTimes, waitSeconds } = await startLimit(t, 0)
      assert.deepEqual(await chargeTimes(1000), Array(1000).fill(0))
      assert.equal(await waitSeconds(KEY), 0)
    })
  })
}
