import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { describeLimit } from '../../../test/support/limit-contract.ts'
import { memoryLimit } from './memory.ts'

/** A clock that goes only when it is told to. */
const stopClock = (t: TestContext) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.parse('2026-01-31T12:00:00Z') })
  return (seconds: number) => t.mock.timers.tick(seconds * 1000)
}

describeLimit('in memory', false, t => ({ limit: memoryLimit, pass: stopClock(t), inaccuracySeconds: 0 }))

describe('memoryLimit, to the second', () => {
  const POLICY = { name: 'wrong_guesses_per_network', quota: 1, windowSeconds: 900 } as const
  const KEY = '192.0.2.0/24'

  it('is over after the seconds that it says, and not a second earlier', async t => {
    const pass = stopClock(t)
    const { charge, waitSeconds } = memoryLimit(POLICY)
    await charge(KEY)
    pass(100.5)
    const wait = await charge(KEY)
    assert.equal(wait, 800)
    pass(wait - 1)
    assert.equal(await waitSeconds(KEY), 1)
    pass(1)
    assert.equal(await waitSeconds(KEY), 0)
  })

  it('never says 0 seconds', async t => {
    const pass = stopClock(t)
    const { charge, waitSeconds } = memoryLimit(POLICY)
    await charge(KEY)
    pass(899.9)
    assert.equal(await waitSeconds(KEY), 1)
    assert.equal(await charge(KEY), 1)
  })
})
