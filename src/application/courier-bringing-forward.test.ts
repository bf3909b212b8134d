import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCourierWorld } from '../../test/support/courier-world.ts'
import { claimedMail } from '../../test/support/messages.ts'

const FAILURES_IN_A_ROW = 5
const PROBE_SECONDS = 1

describe('courier, of a mail service that is back', { timeout: 10_000 }, () => {
  it('says that what has waited goes on waiting when it cannot be brought forward, and goes on itself', async t => {
    const world = createCourierWorld({ pollMs: 1 })
    world.handOver = async () => ({ result: 'failed', failure: 'unavailable', reason: 'http 503' })
    for (let n = 0; n < FAILURES_IN_A_ROW; n += 1) world.outbox.push(claimedMail(`first-${n}`))
    world.start(t)
    await world.until(() => world.counted.length === FAILURES_IN_A_ROW)

    const error = new Error('no database')
    world.bringForward = () => Promise.reject(error)
    world.handOver = async () => ({ result: 'accepted' })
    world.clock.seconds += PROBE_SECONDS
    world.outbox.push(claimedMail('probe'))
    const text = 'what has waited goes on waiting for its back-off'
    await world.until(() => world.logged.some(({ message }) => message === text))
    const line = world.logged.find(({ message }) => message === text)
    assert.deepEqual(line, { level: 'error', fields: { err: error, topic: 'mail' }, message: text })

    world.outbox.push(claimedMail('next'))
    await world.until(() => world.settlementOf('next')?.result === 'accepted')
    assert.deepEqual(world.broughtForward, ['mail'])
  })
})
