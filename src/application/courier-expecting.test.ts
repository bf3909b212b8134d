import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCourierWorld, NEVER_MS, startIdleCourier } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import type { HandOverResult } from './outbox.ts'

const STORED = { mail: claimedMail('m1'), event: claimedEvent('e1') }
const NOBODY = new Promise<HandOverResult>(() => {})

describe('courier, expecting', { timeout: 10_000 }, () => {
  it('hands over and settles what was stored for it, without a claim', async t => {
    const { world, courier } = await startIdleCourier(t)
    courier.expect()?.carry(STORED)
    await world.until(() => world.settlements().length === 2)
    assert.deepEqual(world.begun, ['m1', 'e1'])
    assert.equal(world.settlementOf('m1')?.result, 'accepted')
    assert.equal(world.claims.length, 1)
  })

  it('expects nothing before it knows that nothing older waits', async t => {
    const world = createCourierWorld({ concurrency: { mail: 2, event: 2 } })
    world.handOver = () => NOBODY
    world.outbox.push(claimedMail('old-1'), claimedMail('old-2'), claimedEvent('old-3'))
    const courier = world.start(t)
    assert.equal(courier.expect(), undefined)
    await world.until(() => world.begun.length === 3)
    assert.equal(courier.expect(), undefined)
  })

  it('expects nothing while the outbox cannot be read, whatever it held before', async t => {
    const { world, courier } = await startIdleCourier(t, { pollMs: 1 })
    assert.notEqual(courier.expect(), undefined)
    world.claim = async free => {
      throw new Error(`no answer about ${free.mail}`)
    }
    await world.until(() => world.logged.length > 0)
    await new Promise(setImmediate)
    assert.equal(courier.expect(), undefined)
  })

  it('lets what is older go first when a claim got all it asked for', async t => {
    const world = createCourierWorld({ concurrency: { mail: 1, event: 1 }, spacingMs: NEVER_MS })
    world.outbox.push(claimedMail('old-1'), claimedMail('old-2'))
    const courier = world.start(t)
    await world.until(() => world.settlements().length === 1)
    assert.equal(courier.expect(), undefined)
  })

  it('expects no more than it can hand over at once', async t => {
    const { courier } = await startIdleCourier(t, { concurrency: { mail: 2, event: 5 } })
    const first = courier.expect()
    assert.ok(first && courier.expect())
    assert.equal(courier.expect(), undefined)
    first.forgo()
    assert.ok(courier.expect())
  })

  it('claims no more than the places that nobody keeps', async t => {
    const { world, courier } = await startIdleCourier(t, { concurrency: { mail: 3, event: 3 } })
    courier.expect()
    courier.wake()
    await world.until(() => world.claims.length === 2)
    assert.deepEqual(world.claims[1], { mail: 2, event: 2 })
  })

  it('gives a place back once only', async t => {
    const { world, courier } = await startIdleCourier(t, { concurrency: { mail: 2, event: 2 } })
    world.handOver = () => NOBODY
    const first = courier.expect()
    first?.forgo()
    first?.forgo()
    first?.carry(STORED)
    const [second, third] = [courier.expect(), courier.expect()]
    assert.ok(second && third)
    second.carry(STORED)
    second.forgo()
    assert.equal(courier.expect(), undefined)
    assert.deepEqual(world.begun, ['m1', 'e1'])
  })

  it('looks into the outbox when a place that was kept comes free', async t => {
    const { world, courier } = await startIdleCourier(t, { concurrency: { mail: 1, event: 1 } })
    const kept = courier.expect()
    world.outbox.push(claimedMail('m2'))
    kept?.forgo()
    await world.until(() => world.settlementOf('m2') !== undefined)
  })

  it('leaves to the lease what took so long to store that it might run out on the way', async t => {
    const { world, courier } = await startIdleCourier(t, { renewLeasesMs: 3000 })
    const expected = courier.expect()
    world.clock.seconds += 3.1
    expected?.carry(STORED)
    assert.deepEqual(world.begun, [])
    assert.ok(courier.expect())
  })

  it('expects nothing while the mail service is down: what has waited longest is tried', async t => {
    const { world, courier } = await startIdleCourier(t, { concurrency: { mail: 5, event: 5 } })
    world.handOver = async () => ({ result: 'failed', failure: 'unavailable', reason: 'down' })
    for (let n = 0; n < 5; n += 1) {
      courier.expect()?.carry({ mail: claimedMail(`m${n}`), event: claimedEvent(`e${n}`) })
    }
    await world.until(() => world.logged.some(({ level }) => level === 'error'))
    assert.equal(courier.expect(), undefined)
  })

  it('expects and hands over nothing once it stops', async t => {
    const { world, courier } = await startIdleCourier(t)
    const expected = courier.expect()
    await courier.stop(NEVER_MS)
    assert.equal(courier.expect(), undefined)
    expected?.carry(STORED)
    assert.deepEqual(world.begun, [])
  })
})
