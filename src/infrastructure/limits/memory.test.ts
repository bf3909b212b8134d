import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { LimitPolicy } from '../../domain/budget.ts'
import { memoryLimit } from './memory.ts'

const POLICY: LimitPolicy = { name: 'wrong_guesses_per_network', quota: 3, windowSeconds: 900 }
const KEY = '192.0.2.0/24'

/** A limit of 3 in 15 minutes, on a clock that goes only when it is told to. */
const startLimit = (t: TestContext, quota = POLICY.quota) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.parse('2026-01-31T12:00:00Z') })
  const limit = memoryLimit({ ...POLICY, quota })
  return {
    ...limit,
    pass: (seconds: number) => t.mock.timers.tick(seconds * 1000),
    chargeTimes: async (times: number) => {
      const waits: number[] = []
      for (let nth = 0; nth < times; nth += 1) waits.push(await limit.charge(KEY))
      return waits
    },
  }
}

describe('memoryLimit', () => {
  it('lets a key have its quota, and tells the next one to wait until the window ends', async t => {
    const { chargeTimes, waitSeconds, pass } = startLimit(t)
    assert.deepEqual(await chargeTimes(1), [0])
    pass(100.5)
    assert.deepEqual(await chargeTimes(3), [0, 0, 800])
    assert.equal(await waitSeconds(KEY), 800)
  })

  it('says beforehand that the quota is spent, and not before it is', async t => {
    const { chargeTimes, waitSeconds } = startLimit(t)
    assert.equal(await waitSeconds(KEY), 0)
    await chargeTimes(2)
    assert.equal(await waitSeconds(KEY), 0)
    await chargeTimes(1)
    assert.equal(await waitSeconds(KEY), 900)
  })

  it('counts nothing when it is only asked', async t => {
    const { chargeTimes, waitSeconds } = startLimit(t)
    for (let nth = 0; nth < 10; nth += 1) assert.equal(await waitSeconds(KEY), 0)
    assert.deepEqual(await chargeTimes(3), [0, 0, 0])
  })

  it('works again after as long as it said, with the whole quota, and not a second earlier', async t => {
    const { chargeTimes, waitSeconds, pass } = startLimit(t)
    const wait = (await chargeTimes(4)).at(-1) ?? 0
    pass(wait - 1)
    assert.equal(await waitSeconds(KEY), 1)
    pass(1)
    assert.equal(await waitSeconds(KEY), 0)
    assert.deepEqual(await chargeTimes(4), [0, 0, 0, 900])
  })

  it('never tells to wait 0 seconds', async t => {
    const { chargeTimes, waitSeconds, pass } = startLimit(t)
    await chargeTimes(3)
    pass(899.9)
    assert.equal(await waitSeconds(KEY), 1)
    assert.deepEqual(await chargeTimes(1), [1])
  })

  it('is not made longer by those who do not wait', async t => {
    const { chargeTimes, pass } = startLimit(t)
    await chargeTimes(10)
    pass(450)
    assert.deepEqual(await chargeTimes(10), Array(10).fill(450))
    pass(450)
    assert.deepEqual(await chargeTimes(1), [0])
  })

  it('knows its keys apart', async t => {
    const { chargeTimes, charge, waitSeconds } = startLimit(t)
    await chargeTimes(4)
    assert.equal(await waitSeconds('198.51.100.0/24'), 0)
    assert.equal(await charge('198.51.100.0/24'), 0)
  })

  it('of 50 at once lets the quota through', async t => {
    const { charge } = startLimit(t)
    const waits = await Promise.all(Array.from({ length: 50 }, () => charge(KEY)))
    assert.equal(waits.filter(wait => wait === 0).length, 3)
  })

  it('is switched off by a quota of 0', async t => {
    const { chargeTimes, waitSeconds } = startLimit(t, 0)
    assert.deepEqual(await chargeTimes(1000), Array(1000).fill(0))
    assert.equal(await waitSeconds(KEY), 0)
  })
})
