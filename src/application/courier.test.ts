import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCourierWorld, NEVER_MS } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import type { HandOverResult, Message } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const NOBODY = new Promise<HandOverResult>(() => {})

describe('courier, claiming', { timeout: 10_000 }, () => {
  it('hands over what is due when it starts', async t => {
    const world = createCourierWorld()
    world.outbox.push(claimedMail('m1'), claimedMail('m2'), claimedEvent('e1'))
    world.start(t)
    await world.until(() => world.settlements().length === 3)
    assert.deepEqual(world.begun, ['m1', 'm2', 'e1'])
    assert.deepEqual(world.published, ['e1'])
  })

  it('asks for as many of each topic as it can hand over at once', async t => {
    const world = createCourierWorld({ concurrency: { mail: 3, event: 5 } })
    world.start(t)
    await world.until(() => world.claims.length === 1)
    assert.deepEqual(world.claims, [{ mail: 3, event: 5 }])
  })

  it('claims at once when woken', async t => {
    const world = createCourierWorld()
    const courier = world.start(t)
    await world.until(() => world.claims.length === 1)
    world.outbox.push(claimedMail('m1'))
    courier.wake()
    await world.until(() => world.begun.length === 1)
    assert.equal(world.claims.length, 2)
  })

  it('leaves the outbox alone after it got less than it asked for', async t => {
    const world = createCourierWorld()
    world.outbox.push(claimedMail('m1'), claimedEvent('e1'))
    world.start(t)
    await world.until(() => world.settlements().length === 2)
    await sleep(10)
    assert.equal(world.claims.length, 1)
  })

  it('remembers a wake that comes while it claims', async t => {
    const world = createCourierWorld()
    const { promise: firstAnswer, resolve: answer } = Promise.withResolvers<Message[]>()
    const later = world.claim
    world.claim = () => firstAnswer
    const courier = world.start(t)
    await world.until(() => world.claims.length === 1)
    world.claim = later
    world.outbox.push(claimedMail('m1'))
    courier.wake()
    answer([])
    await world.until(() => world.begun.length === 1)
    assert.equal(world.claims.length, 2)
  })

  it('finds what nobody woke it for by polling', async t => {
    const world = createCourierWorld({ pollMs: 2 })
    world.start(t)
    await world.until(() => world.claims.length === 2)
    world.outbox.push(claimedMail('m1'))
    await world.until(() => world.settlements().length === 1)
    assert.deepEqual(world.begun, ['m1'])
  })

  it('tries again, and says so, when the outbox cannot be read', async t => {
    const world = createCourierWorld({ pollMs: 2 })
    const later = world.claim
    world.claim = async () => {
      world.claim = later
      throw new Error('no database')
    }
    world.outbox.push(claimedMail('m1'))
    world.start(t)
    await world.until(() => world.settlements().length === 1)
    assert.deepEqual(world.logged[0], {
      level: 'error',
      fields: { err: new Error('no database') },
      message: 'the outbox cannot be read; trying again',
    })
  })

  it('claims again while a hand-over is slow, leaving out the slots that are taken', async t => {
    const world = createCourierWorld({ concurrency: { mail: 3, event: 3 } })
    world.handOver = async id => (id === 'slow' ? NOBODY : ACCEPTED)
    world.outbox.push(claimedMail('slow'))
    const courier = world.start(t)
    await world.until(() => world.begun.length === 1)
    world.outbox.push(claimedMail('m1'))
    courier.wake()
    await world.until(() => world.settlements().length === 1)
    assert.deepEqual(world.claims[1], { mail: 2, event: 3 })
    assert.equal(world.settlementOf('m1')?.result, 'accepted')
  })

  it('claims events while every slot for mail is taken', async t => {
    const world = createCourierWorld({ concurrency: { mail: 1, event: 1 } })
    world.handOver = async id => (id === 'slow' ? NOBODY : ACCEPTED)
    world.outbox.push(claimedMail('slow'))
    const courier = world.start(t)
    await world.until(() => world.begun.length === 1)
    world.outbox.push(claimedMail('m1'), claimedEvent('e1'))
    courier.wake()
    await world.until(() => world.settlementOf('e1') !== undefined)
    assert.deepEqual(world.claims[1], { mail: 0, event: 1 })
    assert.deepEqual(world.begun, ['slow', 'e1'])
  })

  it('claims nothing while every slot is taken', async t => {
    const world = createCourierWorld({ concurrency: { mail: 2, event: 0 }, pollMs: 1 })
    const first = Promise.withResolvers<HandOverResult>()
    world.handOver = async id => (id === 'm1' ? first.promise : NOBODY)
    world.outbox.push(claimedMail('m1'), claimedMail('m2'), claimedMail('m3'))
    world.start(t)
    await world.until(() => world.begun.length === 2)
    await sleep(10)
    first.resolve(ACCEPTED)
    await world.until(() => world.begun.length === 3)
    assert.deepEqual(world.claims, [
      { mail: 2, event: 0 },
      { mail: 1, event: 0 },
    ])
  })

  it('claims once for everything that wakes it within the spacing', async t => {
    const world = createCourierWorld({ spacingMs: 50 })
    const courier = world.start(t)
    await world.until(() => world.claims.length === 1)
    for (const id of ['m1', 'm2', 'm3']) {
      world.outbox.push(claimedMail(id))
      courier.wake()
      await new Promise(setImmediate)
    }
    await world.until(() => world.begun.length === 3)
    assert.equal(world.claims.length, 2)
  })

  it('claims at once when woken longer than the spacing after the last claim', async t => {
    const world = createCourierWorld({ spacingMs: NEVER_MS })
    const courier = world.start(t)
    await world.until(() => world.claims.length === 1)
    world.clock.seconds += NEVER_MS / 1000
    world.outbox.push(claimedMail('m1'))
    courier.wake()
    await world.until(() => world.begun.length === 1)
    assert.equal(world.claims.length, 2)
  })

  it('claims at once when the first of all slots is free again', async t => {
    const world = createCourierWorld({ concurrency: { mail: 2, event: 0 } })
    const first = Promise.withResolvers<HandOverResult>()
    world.handOver = async id => (id === 'm1' ? first.promise : NOBODY)
    world.outbox.push(claimedMail('m1'), claimedMail('m2'), claimedMail('m3'))
    world.start(t)
    await world.until(() => world.begun.length === 2)
    first.resolve(ACCEPTED)
    await world.until(() => world.begun.length === 3)
    assert.deepEqual(world.begun, ['m1', 'm2', 'm3'])
  })

  // Slots that came free while it claimed rang no bell, because not all of them were taken at that time: with
  // a full outbox before it, the courier then waited for the next poll.
  it('claims again at once when it got all it asked for and slots came free meanwhile', async t => {
    const world = createCourierWorld({ concurrency: { mail: 3, event: 0 } })
    const ends = new Map<string, (result: HandOverResult) => void>()
    world.handOver = id => new Promise(resolve => ends.set(id, resolve))
    const take = world.claim
    for (const id of ['m1', 'm2', 'm3', 'm4', 'm5']) world.outbox.push(claimedMail(id))
    world.start(t)
    await world.until(() => world.begun.length === 3)

    const secondClaim = Promise.withResolvers<void>()
    world.claim = async free => {
      await secondClaim.promise
      return take(free)
    }
    ends.get('m1')?.(ACCEPTED)
    await world.until(() => world.claims.length === 2)
    ends.get('m2')?.(ACCEPTED)
    await world.until(() => world.settlementOf('m2') !== undefined)
    secondClaim.resolve()
    await world.until(() => world.begun.length === 5)
    assert.deepEqual(world.begun, ['m1', 'm2', 'm3', 'm4', 'm5'])
  })
})
