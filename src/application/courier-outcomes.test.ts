import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCourierWorld } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import type { HandOverResult, Message } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }

type Failure = Extract<HandOverResult, { result: 'failed' }>
const failed = (changes: Partial<Failure> = {}): Failure => ({
  result: 'failed',
  failure: 'unavailable',
  reason: 'http 503',
  ...changes,
})

describe('courier, of the result of a hand-over', { timeout: 10_000 }, () => {
  const outcomes: [
    fact: string,
    message: Message,
    result: HandOverResult,
    settlement: object,
    level: string,
  ][] = [
    [
      'lets an accepted mail begin its minute',
      claimedMail(),
      ACCEPTED,
      { result: 'accepted', secondsAgo: 0 },
      'info',
    ],
    ['lets an accepted event go', claimedEvent(), ACCEPTED, { result: 'accepted', secondsAgo: 0 }, 'info'],
    ['drops a mail that nobody wants', claimedMail(), { result: 'unwanted' }, { result: 'unwanted' }, 'info'],
    [
      'gives up a mail whose code is lost, at once',
      claimedMail(),
      { result: 'lost' },
      { result: 'given_up', eventId: 'new-0', reason: 'lost' },
      'error',
    ],
    [
      'retries after a failure, a second later',
      claimedMail(),
      failed(),
      { result: 'retry', inSeconds: 1, reason: 'http 503' },
      'warn',
    ],
    [
      'backs off further with every attempt',
      claimedMail('m', { attempts: 6, ageSeconds: 3500 }),
      failed(),
      { result: 'retry', inSeconds: 32, reason: 'http 503' },
      'warn',
    ],
    [
      'waits as long as the mail service asked for',
      claimedMail(),
      failed({ retryAfterSeconds: 77 }),
      { result: 'retry', inSeconds: 77, reason: 'http 503' },
      'warn',
    ],
    [
      'tries once more before it would give up, however long the mail service asked for',
      claimedMail('m', { ageSeconds: 3000 }),
      failed({ retryAfterSeconds: 86_400 }),
      { result: 'retry', inSeconds: 600, reason: 'http 503' },
      'warn',
    ],
    [
      'puts an event off for no longer than a mail',
      claimedEvent(),
      failed({ retryAfterSeconds: 999_999_999 }),
      { result: 'retry', inSeconds: 3600, reason: 'http 503' },
      'warn',
    ],
    [
      'gives up a mail that can never be accepted',
      claimedMail(),
      failed({ failure: 'refused', reason: 'smtp 550' }),
      { result: 'given_up', eventId: 'new-0', reason: 'refused' },
      'error',
    ],
    [
      'gives up a mail that is too old',
      claimedMail('m', { attempts: 17, ageSeconds: 3600 }),
      failed(),
      { result: 'given_up', eventId: 'new-0', reason: 'unavailable' },
      'error',
    ],
    [
      'takes an accepted mail for accepted however old it is',
      claimedMail('m', { ageSeconds: 99_999 }),
      ACCEPTED,
      { result: 'accepted', secondsAgo: 0 },
      'info',
    ],
    [
      'never gives up an event',
      claimedEvent('e', { attempts: 1000, ageSeconds: 1e8 }),
      failed({ failure: 'refused' }),
      { result: 'retry', inSeconds: 300, reason: 'http 503' },
      'warn',
    ],
  ]
  for (const [fact, message, result, settlement, level] of outcomes) {
    it(`${fact}, and logs it as ${level}`, async t => {
      const world = createCourierWorld()
      world.handOver = async () => result
      world.outbox.push(message)
      world.start(t)
      await world.until(() => world.logged.length === 1)
      const { id, userId, attempts, topic, correlationId } = message
      assert.deepEqual(world.settlements(), [{ id, userId, attempts, ...settlement }])
      assert.equal(world.logged[0]?.level, level)
      assert.deepEqual(world.logged[0]?.fields, {
        topic,
        message_id: id,
        correlation_id: correlationId,
        attempt: attempts,
        ...(result.result === 'failed' && { failure: result.failure, reason: result.reason }),
        ...(result.result === 'lost' && { reason: 'its code is lost' }),
        ...('inSeconds' in settlement && { next_in_seconds: settlement.inSeconds }),
      })
    })
  }

  it('spreads retries at random', async t => {
    const world = createCourierWorld()
    world.random = 0.5
    world.handOver = async () => failed()
    world.outbox.push(claimedMail('m1', { attempts: 4 }))
    world.start(t)
    await world.until(() => world.settlements().length === 1)
    const settlement = world.settlementOf('m1')
    assert.ok(settlement?.result === 'retry' && settlement.inSeconds === 6)
  })
})
