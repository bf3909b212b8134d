import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCourierWorld } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import type { HandOverResult } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const NOBODY = new Promise<HandOverResult>(() => {})

describe('courier, handing over', { timeout: 10_000 }, () => {
  it('hands over in parallel, never more at once than its concurrency', async t => {
    const world = createCourierWorld({ concurrency: { mail: 3, event: 2 } })
    const now = { mail: 0, event: 0 }
    const most = { mail: 0, event: 0 }
    world.handOver = async id => {
      const topic = id.startsWith('m') ? 'mail' : 'event'
      now[topic] += 1
      most[topic] = Math.max(most[topic], now[topic])
      await sleep(2)
      now[topic] -= 1
      return ACCEPTED
    }
    for (let n = 0; n < 20; n += 1) world.outbox.push(claimedMail(`m${n}`), claimedEvent(`e${n}`))
    world.start(t)
    await world.until(() => world.settlements().length === 40)
    assert.deepEqual(most, { mail: 3, event: 2 })
    assert.equal(new Set(world.begun).size, 40)
  })

  it('keeps the other slots going while one hand-over never ends', async t => {
    const world = createCourierWorld({ concurrency: { mail: 2, event: 2 } })
    world.handOver = async id => (id === 'slow' ? NOBODY : ACCEPTED)
    world.outbox.push(claimedMail('slow'))
    for (let n = 0; n < 10; n += 1) world.outbox.push(claimedMail(`m${n}`), claimedEvent(`e${n}`))
    world.start(t)
    await world.until(() => world.settlements().length === 20)
    assert.equal(world.settlementOf('slow'), undefined)
  })

  it('tries again what was handed over with an exception', async t => {
    const world = createCourierWorld()
    world.handOver = id => Promise.reject(id === 'm1' ? new Error('socket hang up') : 'a string')
    world.outbox.push(claimedMail('m1'), claimedEvent('e1'))
    world.start(t)
    await world.until(() => world.settlements().length === 2)
    const claim = { userId: 'user-1', attempts: 1, result: 'retry', inSeconds: 1 }
    assert.deepEqual(world.settlementOf('m1'), { ...claim, id: 'm1', reason: 'socket hang up' })
    assert.deepEqual(world.settlementOf('e1'), { ...claim, id: 'e1', reason: 'a string' })
  })
})
