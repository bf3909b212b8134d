import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCourierWorld } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import type { HandOverResult, Settlement } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }

describe('courier, settling', { timeout: 10_000 }, () => {
  it('settles what is done while a slow hand-over is still running', async t => {
    const world = createCourierWorld()
    const slow = Promise.withResolvers<HandOverResult>()
    world.handOver = async id => (id === 'slow' ? slow.promise : ACCEPTED)
    world.outbox.push(claimedMail('slow'), claimedMail('m1'), claimedEvent('e1'))
    world.start(t)
    await world.until(() => world.settlements().length === 2)
    assert.deepEqual(
      world
        .settlements()
        .map(({ id }) => id)
        .sort(),
      ['e1', 'm1'],
    )

    slow.resolve(ACCEPTED)
    await world.until(() => world.settlementOf('slow') !== undefined)
  })

  it('settles together what was done while it settled, each counted from its own acceptance', async t => {
    const world = createCourierWorld()
    const firstSettling = Promise.withResolvers<void>()
    const tries: Settlement[][] = []
    world.settle = async settlements => {
      tries.push(settlements)
      if (tries.length === 1) await firstSettling.promise
    }
    const ends = new Map<string, (result: HandOverResult) => void>()
    world.handOver = id => new Promise(resolve => ends.set(id, resolve))
    for (const id of ['m1', 'm2', 'm3']) world.outbox.push(claimedMail(id))
    world.start(t)
    await world.until(() => world.begun.length === 3)

    for (const [id, at] of [
      ['m1', 10],
      ['m2', 12],
      ['m3', 15],
    ] as const) {
      world.clock.seconds = at
      ends.get(id)?.(ACCEPTED)
      await new Promise(setImmediate)
    }
    world.clock.seconds = 20
    firstSettling.resolve()
    await world.until(() => world.settled.length === 2)

    const accepted = { userId: 'user-1', attempts: 1, result: 'accepted' }
    assert.deepEqual(tries, [
      [{ ...accepted, id: 'm1', secondsAgo: 0 }],
      [
        { ...accepted, id: 'm2', secondsAgo: 8 },
        { ...accepted, id: 'm3', secondsAgo: 5 },
      ],
    ])
  })

  it('settles together what is done within the spacing, but the first at once', async t => {
    const world = createCourierWorld({ settleSpacingMs: 50 })
    const ends = new Map<string, (result: HandOverResult) => void>()
    world.handOver = id => new Promise(resolve => ends.set(id, resolve))
    for (const id of ['m1', 'm2', 'm3']) world.outbox.push(claimedMail(id))
    world.start(t)
    await world.until(() => world.begun.length === 3)
    for (const id of ['m1', 'm2', 'm3']) {
      ends.get(id)?.(ACCEPTED)
      await new Promise(setImmediate)
    }
    await world.until(() => world.settlements().length === 3)
    assert.deepEqual(
      world.settled.map(batch => batch.map(({ id }) => id)),
      [['m1'], ['m2', 'm3']],
    )
  })

  it('repeats a settling that fails, with the time that has passed since', async t => {
    const world = createCourierWorld({ pollMs: 2 })
    const tries: Settlement[][] = []
    world.settle = async settlements => {
      tries.push(settlements)
      world.clock.seconds += 7
      if (tries.length < 3) throw new Error('no database')
    }
    world.clock.seconds = 100
    world.outbox.push(claimedMail('m1'))
    world.start(t)
    await world.until(() => world.settlements().length === 1)
    assert.deepEqual(
      tries.flat().map(settlement => settlement.result === 'accepted' && settlement.secondsAgo),
      [0, 7, 14],
    )
    const complaints = world.logged.filter(({ level }) => level === 'error')
    assert.deepEqual(
      complaints.map(({ fields }) => fields),
      [
        { err: new Error('no database'), count: 1 },
        { err: new Error('no database'), count: 1 },
      ],
    )
  })

  it('goes on claiming and handing over while nothing can be settled', async t => {
    const world = createCourierWorld({ pollMs: 2 })
    let broken = true
    world.settle = async () => {
      if (broken) throw new Error('no database')
    }
    world.outbox.push(claimedMail('m1'))
    world.start(t)
    await world.until(() => world.logged.length > 0)
    world.outbox.push(claimedMail('m2'))
    await world.until(() => world.begun.includes('m2'))
    broken = false
    await world.until(() => world.settlements().length === 2)
    assert.deepEqual(
      world
        .settlements()
        .map(({ id }) => id)
        .sort(),
      ['m1', 'm2'],
    )
  })
})
