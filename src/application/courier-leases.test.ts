import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCourierWorld, NEVER_MS } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import type { HandOverResult } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const NOBODY = new Promise<HandOverResult>(() => {})
const RENEW_LEASES_MS = 2
/** On the courier's clock, which stands still until a test moves it. */
const LONGER_THAN_THAT = 1

describe('courier, renewing leases', { timeout: 10_000 }, () => {
  it('renews what is being handed over for longer than the interval, and nothing younger', async t => {
    const world = createCourierWorld({ renewLeasesMs: RENEW_LEASES_MS })
    world.handOver = () => NOBODY
    world.outbox.push(claimedMail('m1'), claimedEvent('e1'))
    const courier = world.start(t)
    await world.until(() => world.begun.length === 2)
    await sleep(10 * RENEW_LEASES_MS)
    assert.deepEqual(world.renewed, [])

    world.clock.seconds += LONGER_THAN_THAT
    await world.until(() => world.renewed.length >= 3)
    world.outbox.push(claimedMail('m2'))
    courier.wake()
    await world.until(() => world.begun.length === 3)
    const seen = world.renewed.length
    await world.until(() => world.renewed.length >= seen + 3)
    for (const ids of world.renewed) assert.deepEqual(ids, ['m1', 'e1'])

    world.clock.seconds += LONGER_THAN_THAT
    await world.until(() => world.renewed.at(-1)?.length === 3)
    assert.deepEqual(world.renewed.at(-1), ['m1', 'e1', 'm2'])
  })

  it('renews nothing that is settled, whatever came of it', async t => {
    const world = createCourierWorld({ renewLeasesMs: RENEW_LEASES_MS })
    world.handOver = async id => {
      if (id === 'slow') return NOBODY
      return id === 'm1' ? ACCEPTED : { result: 'failed', failure: 'deferred', reason: 'http 409' }
    }
    world.outbox.push(claimedMail('m1'), claimedMail('m2'), claimedMail('slow'))
    world.start(t)
    await world.until(() => world.logged.length === 2)
    world.clock.seconds += LONGER_THAN_THAT
    await world.until(() => world.renewed.length >= 3)
    for (const ids of world.renewed) assert.deepEqual(ids, ['slow'])
  })

  it('goes on renewing what was handed over but cannot be settled', async t => {
    const world = createCourierWorld({ renewLeasesMs: RENEW_LEASES_MS, pollMs: 1 })
    let broken = true
    world.settle = async () => {
      if (broken) throw new Error('no database')
    }
    world.outbox.push(claimedMail('m1'))
    world.start(t)
    await world.until(() => world.logged.length > 0)
    world.clock.seconds += LONGER_THAN_THAT
    await world.until(() => world.renewed.length >= 3)
    assert.deepEqual(world.renewed.at(-1), ['m1'])

    broken = false
    await world.until(() => world.logged.some(({ message }) => message === 'mail handed over'))
    const seen = world.renewed.length
    await sleep(10 * RENEW_LEASES_MS)
    assert.equal(world.renewed.length, seen)
  })

  it('tries again, and says so, when leases cannot be renewed', async t => {
    const world = createCourierWorld({ renewLeasesMs: RENEW_LEASES_MS })
    world.handOver = () => NOBODY
    world.renew = async () => {
      if (world.renewed.length < 3) throw new Error('no database')
    }
    world.outbox.push(claimedMail('m1'), claimedMail('m2'))
    world.start(t)
    await world.until(() => world.begun.length === 2)
    world.clock.seconds += LONGER_THAN_THAT
    await world.until(() => world.renewed.length >= 5)
    const complaint = {
      level: 'error',
      fields: { err: new Error('no database'), count: 2 },
      message: 'leases cannot be renewed; trying again',
    }
    assert.deepEqual(world.logged, [complaint, complaint])
    assert.deepEqual(world.renewed.at(-1), ['m1', 'm2'])
  })

  it('goes on renewing while it waits for the last hand-overs to stop, and ends with that', async t => {
    const world = createCourierWorld({ renewLeasesMs: RENEW_LEASES_MS })
    const slow = Promise.withResolvers<HandOverResult>()
    world.handOver = () => slow.promise
    world.outbox.push(claimedMail('m1'))
    const courier = world.start(t)
    await world.until(() => world.begun.length === 1)
    const stopped = courier.stop(NEVER_MS)
    world.clock.seconds += LONGER_THAN_THAT
    await world.until(() => world.renewed.length >= 3)
    slow.resolve(ACCEPTED)
    await stopped
    const seen = world.renewed.length
    await sleep(10 * RENEW_LEASES_MS)
    assert.equal(world.renewed.length, seen)
  })

  it('leaves a hand-over that outlasts the stop to whoever comes next', async t => {
    const world = createCourierWorld({ renewLeasesMs: RENEW_LEASES_MS })
    world.handOver = () => NOBODY
    world.outbox.push(claimedMail('m1'))
    const courier = world.start(t)
    await world.until(() => world.begun.length === 1)
    world.clock.seconds += LONGER_THAN_THAT
    await world.until(() => world.renewed.length >= 1)
    await courier.stop(5)
    const seen = world.renewed.length
    await sleep(10 * RENEW_LEASES_MS)
    assert.equal(world.renewed.length, seen)
  })
})
