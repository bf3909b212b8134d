import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import { judgeHandOver } from './judge-hand-over.ts'
import type { HandOverResult, Message } from './outbox.ts'

const GIVE_UP_SECONDS = 3600
/** Without a random part taken off. */
const judge = judgeHandOver(
  { newId: () => 'event-7', random: () => 0, monotonicSeconds: () => 100 },
  GIVE_UP_SECONDS,
)
const of = (message: Message, result: HandOverResult) => judge({ message, result, at: 97.5 })
const failed = (changes: object = {}): HandOverResult => ({
  result: 'failed',
  failure: 'unavailable',
  reason: 'http 503',
  ...changes,
})

const MAIL = claimedMail('mail-1', { userId: 'user-7', attempts: 3 })
const CLAIM = { userId: 'user-7', id: 'mail-1', attempts: 3 }

describe('judgeHandOver', () => {
  it('counts the time since a message was accepted, whenever it is judged', () => {
    assert.deepEqual(of(MAIL, { result: 'accepted' }), { ...CLAIM, result: 'accepted', secondsAgo: 2.5 })
  })

  it('lets go what nobody wants', () => {
    assert.deepEqual(of(MAIL, { result: 'unwanted' }), { ...CLAIM, result: 'unwanted' })
  })

  it('gives up what is lost, under the id of the event that says so', () => {
    assert.deepEqual(of(MAIL, { result: 'lost' }), {
      ...CLAIM,
      result: 'given_up',
      eventId: 'event-7',
      reason: 'lost',
    })
  })

  for (const [ageSeconds, inSeconds] of [
    [0, 4],
    [3596, 4],
    [3597, 3],
    [3599.5, 0.5],
  ] as const) {
    it(`tries a mail of ${ageSeconds} s again in ${inSeconds} s`, () => {
      const settlement = of({ ...MAIL, ageSeconds }, failed())
      assert.deepEqual(settlement, { ...CLAIM, result: 'retry', inSeconds, reason: 'http 503' })
    })
  }

  for (const ageSeconds of [GIVE_UP_SECONDS, GIVE_UP_SECONDS + 1]) {
    it(`gives up a mail that fails when it is ${ageSeconds} s old, for the reason of the failure`, () => {
      assert.deepEqual(of({ ...MAIL, ageSeconds }, failed({ failure: 'deferred' })), {
        ...CLAIM,
        result: 'given_up',
        eventId: 'event-7',
        reason: 'deferred',
      })
    })
  }

  it('gives up a mail that is refused, however young it is', () => {
    const settlement = of(MAIL, failed({ failure: 'refused' }))
    assert.deepEqual(settlement, { ...CLAIM, result: 'given_up', eventId: 'event-7', reason: 'refused' })
  })

  it('tries an event again whatever its age and its failure, and puts it off for no longer than a mail', () => {
    const event = claimedEvent('event-1', { ageSeconds: 1e6 })
    for (const failure of ['refused', 'unavailable'] as const) {
      const settlement = of(event, failed({ failure, retryAfterSeconds: 1e6 }))
      assert.ok(settlement.result === 'retry')
      assert.equal(settlement.inSeconds, GIVE_UP_SECONDS)
    }
  })
})
