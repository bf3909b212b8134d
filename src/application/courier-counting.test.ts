import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCourierWorld } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail, failed } from '../../test/support/messages.ts'
import type { HandOverResult } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const GIVE_UP_SECONDS = 3600

describe('courier, counting', { timeout: 10_000 }, () => {
  it('counts each hand-over once, by its result and the class of its failure', async t => {
    const world = createCourierWorld()
    const results: Record<string, HandOverResult> = {
      'm-unwanted': { result: 'unwanted' },
      'm-deferred': failed('deferred'),
      'm-limited': failed('rate_limited'),
      'm-refused': failed('refused'),
      'e-refused': failed('refused'),
    }
    world.handOver = async id => results[id] ?? ACCEPTED
    for (const id of ['m', ...Object.keys(results)]) {
      world.outbox.push(id.startsWith('e') ? claimedEvent(id) : claimedMail(id))
    }
    world.outbox.push(claimedMail('m-old', { ageSeconds: GIVE_UP_SECONDS }))
    results['m-old'] = failed('misconfigured')
    world.start(t)
    await world.until(() => world.counted.length === 7)
    const counted = world.counted.map(({ topic, result, failure }) => `${topic} ${result} ${failure}`)
    assert.deepEqual(counted.toSorted(), [
      'event retry refused',
      'mail accepted undefined',
      'mail given_up misconfigured',
      'mail given_up refused',
      'mail retry deferred',
      'mail retry rate_limited',
      'mail unwanted undefined',
    ])
  })

  it('counts nothing before it is settled', async t => {
    const world = createCourierWorld({ pollMs: 1 })
    let tries = 0
    world.settle = async () => {
      tries += 1
      assert.deepEqual(world.counted, [])
      if (tries < 3) throw new Error('no database')
    }
    world.outbox.push(claimedMail('m1'))
    world.start(t)
    await world.until(() => world.counted.length === 1)
    assert.equal(tries, 3)
  })
})
