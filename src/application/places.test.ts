import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimedEvent, claimedMail } from '../../test/support/messages.ts'
import type { HandOverResult, Message } from './outbox.ts'
import { createPlaces } from './places.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const FAILED: HandOverResult = { result: 'failed', failure: 'unavailable', reason: 'http 503' }
const FAILURES_IN_A_ROW = 5

const mails = (count: number): Message[] => Array.from({ length: count }, (_, n) => claimedMail(`m${n}`))
const events = (count: number): Message[] => Array.from({ length: count }, (_, n) => claimedEvent(`e${n}`))

/** Places for so many mails and events, and what was told of their circuits. */
const world = (mail = 2, event = 3) => {
  const clock = { seconds: 0 }
  const changes: [topic: string, failure: string | undefined][] = []
  const places = createPlaces({ mail, event }, 3600, {
    monotonicSeconds: () => clock.seconds,
    changed: (topic, failure) => changes.push([topic, failure?.failure]),
  })
  /** A claim that asked for all places that are free and got these messages. */
  const claim = (...claimed: Message[]) => places.take(places.free(), claimed)
  const fail = (message: (id: string) => Message) => {
    for (let n = 0; n < FAILURES_IN_A_ROW; n += 1) {
      places.take(places.free(), [message(`failing-${n}`)])
      places.giveBack(message(`failing-${n}`), FAILED)
    }
  }
  return { places, clock, changes, claim, fail }
}

describe('places', () => {
  it('are counted for each topic by itself', () => {
    const { places, claim } = world()
    assert.deepEqual(places.free(), { mail: 2, event: 3 })
    claim(...mails(1), ...events(2))
    assert.deepEqual(places.free(), { mail: 1, event: 1 })
    places.giveBack(claimedEvent('e0'), ACCEPTED)
    assert.deepEqual(places.free(), { mail: 1, event: 2 })
  })

  it('make room when they are given back while all were taken', () => {
    const { places, claim } = world()
    claim(...mails(2), ...events(1))
    assert.equal(places.giveBack(claimedMail('m0'), ACCEPTED), true)
    assert.equal(places.giveBack(claimedMail('m1'), ACCEPTED), false)
    assert.equal(places.giveBack(claimedEvent('e0'), ACCEPTED), false)
  })

  describe('for what comes without a claim', () => {
    it('are kept for what is older until a claim has got less than it asked for', () => {
      const { places, claim } = world()
      assert.equal(places.takeOneOfEach(), false)
      claim(...mails(2), ...events(1))
      places.giveBack(claimedMail('m0'), ACCEPTED)
      assert.equal(places.takeOneOfEach(), false, 'there may be more mails')
      claim()
      assert.equal(places.takeOneOfEach(), true)
      const { places: others, claim: claimOthers } = world()
      claimOthers(...mails(1), ...events(3))
      others.giveBack(claimedEvent('e0'), ACCEPTED)
      assert.equal(others.takeOneOfEach(), false, 'there may be more events')
    })

    it('are taken one of each topic at a time, while there are any', () => {
      const { places, claim } = world()
      claim()
      assert.equal(places.takeOneOfEach(), true)
      assert.deepEqual(places.free(), { mail: 1, event: 2 })
      assert.equal(places.takeOneOfEach(), true)
      assert.equal(places.takeOneOfEach(), false, 'no mail may come')
      assert.deepEqual(places.free(), { mail: 0, event: 1 })
    })

    it('are given back unused', () => {
      const { places, claim } = world(1, 3)
      claim()
      places.takeOneOfEach()
      assert.equal(places.giveBackOneOfEach(), true, 'there was none for mail')
      assert.deepEqual(places.free(), { mail: 1, event: 3 })
      const { places: many, claim: claimMany } = world()
      claimMany()
      many.takeOneOfEach()
      assert.equal(many.giveBackOneOfEach(), false, 'there was room for both')
    })

    it('are not to be had while the far side of one topic is down, though it may be probed', () => {
      for (const message of [claimedMail, claimedEvent]) {
        const { places, clock, claim, fail } = world()
        fail(message)
        clock.seconds += 1
        claim()
        assert.equal(places.free().mail > 0 && places.free().event > 0, true)
        assert.equal(places.takeOneOfEach(), false)
      }
    })
  })

  describe('after a claim', () => {
    it('say that there may be more when it got all it asked for and some are free again', () => {
      const { places, claim } = world()
      const claimed = [...mails(2), ...events(1)]
      claim(...claimed)
      assert.equal(places.cameFreeSince(claimed), false, 'all are taken')
      places.giveBack(claimedMail('m0'), ACCEPTED)
      assert.equal(places.cameFreeSince(claimed), true)
    })

    it('say nothing of the kind when it got less, or nothing', () => {
      const { places, claim } = world()
      claim(...mails(1))
      assert.equal(places.cameFreeSince(mails(1)), false)
    })

    it('say nothing of the kind of a topic that nothing was claimed of, because all was taken', () => {
      const { places, claim } = world()
      claim(...mails(2))
      claim()
      places.giveBack(claimedMail('m0'), ACCEPTED)
      assert.equal(places.cameFreeSince([]), false)
    })
  })

  it('tell the topic whose far side is down, why, and that it answers again', () => {
    const { places, clock, changes, fail } = world()
    fail(claimedEvent)
    assert.deepEqual(changes, [['event', 'unavailable']])
    assert.equal(places.noMailBecauseOf(), undefined)
    fail(claimedMail)
    assert.equal(places.noMailBecauseOf()?.failure, 'unavailable')
    clock.seconds += 1
    places.take(places.free(), mails(1))
    places.giveBack(claimedMail('m0'), ACCEPTED)
    assert.deepEqual(changes.slice(1), [
      ['mail', 'unavailable'],
      ['mail', undefined],
    ])
    assert.equal(places.noMailBecauseOf(), undefined)
  })
})
