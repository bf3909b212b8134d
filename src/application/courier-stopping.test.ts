import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCourierWorld, NEVER_MS } from '../../test/support/courier-world.ts'
import { claimedMail } from '../../test/support/messages.ts'
import type { HandOverResult, Message } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }

/** A courier that has begun to hand over the mail `m1`, to a service that answers when the test says. */
const handingOver = async (t: TestContext) => {
  const world = createCourierWorld()
  const slow = Promise.withResolvers<HandOverResult>()
  world.handOver = () => slow.promise
  world.outbox.push(claimedMail('m1'))
  const courier = world.start(t)
  await world.until(() => world.begun.length === 1)
  return { world, slow, courier }
}

describe('courier, stopping', { timeout: 10_000 }, () => {
  it('stops at once when nothing is in flight', async t => {
    const world = createCourierWorld()
    const courier = world.start(t)
    await world.until(() => world.claims.length === 1)
    await courier.stop(NEVER_MS)
    assert.equal(world.claims.length, 1)
  })

  it('waits for what is being handed over, and settles it', async t => {
    const { world, slow, courier } = await handingOver(t)

    const order: string[] = []
    world.settle = async () => void order.push('settled')
    const stopped = courier.stop(NEVER_MS).then(() => order.push('stopped'))
    await new Promise(setImmediate)
    order.push('accepted')
    slow.resolve(ACCEPTED)
    await stopped
    assert.deepEqual(order, ['accepted', 'settled', 'stopped'])
    assert.equal(world.settlementOf('m1')?.result, 'accepted')
  })

  it('waits for a settling that has to be repeated', async t => {
    const world = createCourierWorld({ pollMs: 2 })
    let tries = 0
    world.settle = async () => {
      tries += 1
      if (tries < 3) throw new Error('no database')
    }
    world.outbox.push(claimedMail('m1'))
    const courier = world.start(t)
    await world.until(() => world.logged.length === 1)
    await courier.stop(NEVER_MS)
    assert.equal(world.settlements().length, 1)
  })

  it('claims nothing more, whoever wakes it', async t => {
    const world = createCourierWorld({ pollMs: 1 })
    const slow = Promise.withResolvers<HandOverResult>()
    world.handOver = () => slow.promise
    world.outbox.push(claimedMail('m1'))
    const courier = world.start(t)
    await world.until(() => world.begun.length === 1)
    const stopped = courier.stop(NEVER_MS)
    const claimsBefore = world.claims.length
    world.outbox.push(claimedMail('m2'))
    courier.wake()
    await sleep(10)
    slow.resolve(ACCEPTED)
    await stopped
    assert.equal(world.claims.length, claimsBefore)
    assert.deepEqual(world.begun, ['m1'])
  })

  it('hands over and settles what it was claiming when it was told to stop', async t => {
    const world = createCourierWorld()
    const { promise: claimed, resolve: answer } = Promise.withResolvers<Message[]>()
    world.claim = () => claimed
    const courier = world.start(t)
    await world.until(() => world.claims.length === 1)
    const stopped = courier.stop(NEVER_MS)
    answer([claimedMail('m1')])
    await stopped
    assert.equal(world.settlementOf('m1')?.result, 'accepted')
  })

  it('waits no longer than the time given for a hand-over that never ends', async t => {
    const world = createCourierWorld()
    world.handOver = async id => (id === 'slow' ? new Promise<HandOverResult>(() => {}) : ACCEPTED)
    world.outbox.push(claimedMail('slow'), claimedMail('m1'))
    const courier = world.start(t)
    await world.until(() => world.settlements().length === 1)
    await courier.stop(5)
    assert.deepEqual(
      world.settlements().map(({ id }) => id),
      ['m1'],
    )
  })

  it('leaves a mail that is accepted too late to whoever comes next', async t => {
    const { world, slow, courier } = await handingOver(t)
    await courier.stop(5)
    slow.resolve(ACCEPTED)
    await sleep(10)
    assert.deepEqual(world.settled, [])
  })

  it('waits no longer than the time given for a database that never answers', async t => {
    const world = createCourierWorld()
    world.claim = () => new Promise(() => {})
    const courier = world.start(t)
    await world.until(() => world.claims.length === 1)
    await courier.stop(5)
    assert.deepEqual(world.begun, [])
  })

  it('ends a settling that keeps failing when the time is over', async t => {
    const world = createCourierWorld({ pollMs: 1 })
    let tries = 0
    world.settle = async () => {
      tries += 1
      throw new Error('no database')
    }
    world.outbox.push(claimedMail('m1'))
    const courier = world.start(t)
    await world.until(() => world.logged.length === 2)
    await courier.stop(5)
    const triesBefore = tries
    await sleep(20)
    assert.equal(tries, triesBefore)
  })
})
