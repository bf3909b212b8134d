import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NEVER_MS, startIdleCourier } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'

const FAILURES_IN_A_ROW = 5

describe('courier, by the clock', { timeout: 10_000 }, () => {
  it('leaves the spacing between two claims, however long the clock has run', async t => {
    const { world, courier } = await startIdleCourier(t, { spacingMs: NEVER_MS })
    courier.wake()
    for (let turns = 0; turns < 10; turns += 1) await new Promise(setImmediate)
    assert.equal(world.claims.length, 1)
  })

  it('stops at once although the spacing is not over', async t => {
    const { courier } = await startIdleCourier(t, { spacingMs: NEVER_MS })
    await courier.stop(NEVER_MS)
  })

  for (const [seconds, handedOver] of [
    [0, ['m1', 'e1']],
    [3, ['m1', 'e1']],
    [3.001, []],
  ] as const) {
    it(`hands over ${handedOver.length} messages that took ${seconds} s to be stored, of 3 at most`, async t => {
      const { world, courier } = await startIdleCourier(t, { renewLeasesMs: 3000 })
      const expected = courier.expect()
      world.clock.seconds += seconds
      expected?.carry({ mail: claimedMail('m1'), event: claimedEvent('e1') })
      assert.deepEqual(world.begun, handedOver)
    })
  }

  it('looks for mail that is overdue once in the time of a poll, while none gets through', async t => {
    const { world, courier } = await startIdleCourier(t, { pollMs: 10_000 })
    world.handOver = async () => ({ result: 'failed', failure: 'unavailable', reason: 'http 503' })
    for (let n = 0; n < FAILURES_IN_A_ROW; n += 1) world.outbox.push(claimedMail(`m${n}`))
    courier.wake()
    await world.until(() => world.counted.length === FAILURES_IN_A_ROW)

    const { seconds: begun } = world.clock
    const looks = (overdue: boolean) =>
      world.claims.filter(({ mailOverdueSeconds }) => (mailOverdueSeconds !== undefined) === overdue).length
    /** Wakes it so often that at least one whole round is over. */
    const rounds = async () => {
      for (let n = 0; n < 3; n += 1) {
        const before = looks(false)
        courier.wake()
        await world.until(() => looks(false) > before)
      }
    }
    await rounds()
    assert.equal(looks(true), 1)
    world.clock.seconds += 9.9
    await rounds()
    assert.equal(looks(true), 1)
    world.clock.seconds = begun + 10
    await rounds()
    assert.equal(looks(true), 2)
  })

  for (const thrown of [new Error('socket hang up'), 'socket hang up']) {
    it(`takes a hand-over that throws ${typeof thrown} for a failure of the service`, async t => {
      const { world, courier } = await startIdleCourier(t)
      world.handOver = () => Promise.reject(thrown)
      world.outbox.push(claimedMail('m1'))
      courier.wake()
      await world.until(() => world.logged.length === 1)
      assert.deepEqual(world.counted, [{ topic: 'mail', result: 'retry', failure: 'unavailable' }])
      const { failure, reason } = (world.logged[0]?.fields ?? {}) as { failure?: string; reason?: string }
      assert.deepEqual([failure, reason], ['unavailable', 'socket hang up'])
    })
  }
})
