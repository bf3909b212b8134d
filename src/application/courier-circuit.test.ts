import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createCourierWorld } from '../../test/support/courier-world.ts'
import { claimedEvent, claimedMail, failed } from '../../test/support/messages.ts'
import type { FailureClass } from '../domain/failure.ts'
import type { HandOverResult, Message } from './outbox.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const MOST = 10
const GIVE_UP_SECONDS = 3600
/** A probe may be sent again. */
const PROBE_SECONDS = 1
const OPENED = 'no mail gets through; trying with one at a time'
const CLOSED = 'mails are accepted again'

const overdueMail = (id: string, attempts = 1): Message =>
  claimedMail(id, { attempts, ageSeconds: GIVE_UP_SECONDS })

/** A courier whose mail service is down, and known to be, with an outbox that has nothing due but what is pushed. */
const outOfOrder = async (t: TestContext, failure: FailureClass = 'unavailable') => {
  const world = createCourierWorld({ pollMs: 1, giveUpMailAfterSeconds: GIVE_UP_SECONDS })
  const overdue: Message[] = []
  const due = world.claim
  world.claim = async wanted => (wanted.mailOverdueSeconds === undefined ? due(wanted) : overdue.splice(0))
  world.handOver = async id => (id.startsWith('e') ? ACCEPTED : failed(failure))
  for (let n = 0; n < 5; n += 1) world.outbox.push(claimedMail(`first-${n}`))
  world.start(t)
  await world.until(() => world.logged.some(({ message }) => message === OPENED))
  await world.until(() => world.counted.length === 5)

  const claims = () => world.claims.filter(({ mailOverdueSeconds }) => mailOverdueSeconds === undefined)
  /** Waits until the courier has looked into the outbox twice more; returns how many mails it asked for then. */
  const mailsAskedFor = async (): Promise<number | undefined> => {
    const seen = claims().length
    await world.until(() => claims().length >= seen + 2)
    return claims().at(-1)?.mail
  }
  const linesLike = (text: string) => world.logged.filter(({ message }) => message === text)
  return { world, overdue, mailsAskedFor, linesLike }
}

describe('courier, of a mail service that is down', { timeout: 10_000 }, () => {
  it('claims no mail, but events, until it is time for a probe', async t => {
    const { world, mailsAskedFor } = await outOfOrder(t)
    world.outbox.push(claimedMail('m1'), claimedEvent('e1'))
    assert.equal(await mailsAskedFor(), 0)
    await world.until(() => world.settlementOf('e1') !== undefined)
    assert.ok(!world.begun.includes('m1'))
  })

  it('claims one mail as a probe, and no other before the pause after it is over', async t => {
    const { world, mailsAskedFor, linesLike } = await outOfOrder(t)
    world.outbox.push(claimedMail('m1'), claimedMail('m2'), claimedMail('m3'))
    for (const probe of ['m1', 'm2']) {
      world.clock.seconds += PROBE_SECONDS
      await world.until(() => world.settlementOf(probe) !== undefined)
      assert.equal(await mailsAskedFor(), 0)
      assert.equal(world.begun.at(-1), probe)
    }
    assert.equal(linesLike(OPENED).length, 1)
  })

  it('asks for one mail for as long as none is due', async t => {
    const { world, mailsAskedFor } = await outOfOrder(t)
    world.clock.seconds += PROBE_SECONDS
    assert.equal(await mailsAskedFor(), 1)
  })

  it('lets one more pass for each that gets through, up to its concurrency, and says once that it is back', async t => {
    const { world, linesLike } = await outOfOrder(t)
    let [now, most, through] = [0, 0, 0]
    const tooMany: string[] = []
    world.handOver = async id => {
      now += 1
      most = Math.max(most, now)
      if (now > through + 1) tooMany.push(id)
      await new Promise(setImmediate)
      now -= 1
      through += 1
      return ACCEPTED
    }
    for (let n = 0; n < 200; n += 1) world.outbox.push(claimedMail(`m${n}`))
    world.clock.seconds += PROBE_SECONDS
    await world.until(() => world.settlements().length === 205)
    assert.deepEqual(tooMany, [])
    assert.equal(most, MOST)
    assert.equal(linesLike(OPENED).length, 1)
    assert.equal(linesLike(CLOSED).length, 1)
  })

  it('says again that none gets through when that happens again', async t => {
    const { world, linesLike } = await outOfOrder(t)
    world.handOver = async id => (id === 'well' ? ACCEPTED : failed())
    world.outbox.push(claimedMail('well'))
    world.clock.seconds += PROBE_SECONDS
    await world.until(() => world.settlementOf('well') !== undefined)
    for (let n = 0; n < 5; n += 1) world.outbox.push(claimedMail(`again-${n}`))
    await world.until(() => linesLike(OPENED).length === 2)
    assert.deepEqual(
      world.logged
        .filter(({ message }) => message === OPENED || message === CLOSED)
        .map(({ level, fields }) => [level, fields]),
      [
        ['error', { topic: 'mail', failure: 'unavailable', reason: 'http 503' }],
        ['info', { topic: 'mail' }],
        ['error', { topic: 'mail', failure: 'unavailable', reason: 'http 503' }],
      ],
    )
  })

  it('gives up mails that are overdue without handing them over, for the reason that no mail gets through', async t => {
    const { world, overdue, linesLike } = await outOfOrder(t, 'misconfigured')
    overdue.push(overdueMail('old-1', 1), overdueMail('old-2', 7))
    await world.until(() => linesLike('mail given up').length === 2)
    for (const [id, attempts] of [
      ['old-1', 1],
      ['old-2', 7],
    ] as const) {
      const { eventId, ...settlement } = { eventId: '', ...world.settlementOf(id) }
      assert.deepEqual(settlement, {
        userId: 'user-1',
        id,
        attempts,
        result: 'given_up',
        reason: 'misconfigured',
      })
      assert.match(eventId, /^new-/)
      assert.ok(!world.begun.includes(id))
    }
    const asked = world.claims.filter(({ mailOverdueSeconds }) => mailOverdueSeconds !== undefined)
    assert.deepEqual(new Set(asked.map(claim => JSON.stringify(claim))).size, 1)
    assert.deepEqual(asked[0], { mail: 1000, event: 0, mailOverdueSeconds: GIVE_UP_SECONDS })
  })

  it('looks for overdue mails only while none gets through', async t => {
    const { world, mailsAskedFor } = await outOfOrder(t)
    world.handOver = async () => ACCEPTED
    world.outbox.push(claimedMail('well'))
    world.clock.seconds += PROBE_SECONDS
    await world.until(() => world.settlementOf('well') !== undefined)
    const asked = () =>
      world.claims.filter(({ mailOverdueSeconds }) => mailOverdueSeconds !== undefined).length
    await mailsAskedFor()
    const seen = asked()
    await mailsAskedFor()
    assert.equal(asked(), seen)

    const healthy = createCourierWorld({ pollMs: 1 })
    healthy.start(t)
    await healthy.until(() => healthy.claims.length === 5)
    assert.ok(healthy.claims.every(({ mailOverdueSeconds }) => mailOverdueSeconds === undefined))
  })

  it('brings forward, once, what has failed before, when the service is back', async t => {
    const { world, mailsAskedFor } = await outOfOrder(t)
    assert.deepEqual(world.broughtForward, [])
    world.handOver = async () => ACCEPTED
    world.outbox.push(claimedMail('well'), claimedMail('well, too'))
    world.clock.seconds += PROBE_SECONDS
    await world.until(() => world.settlementOf('well, too') !== undefined)
    await mailsAskedFor()
    assert.deepEqual(world.broughtForward, ['mail'])
  })

  it('goes on when it cannot be read which mails are overdue', async t => {
    const { world, overdue } = await outOfOrder(t)
    const claim = world.claim
    let refused = 0
    world.claim = async wanted => {
      if (wanted.mailOverdueSeconds === undefined || refused > 0) return claim(wanted)
      refused += 1
      // It is looked again once the time of a poll has gone by.
      world.clock.seconds += 60
      throw new Error('no database')
    }
    overdue.push(overdueMail('old'))
    await world.until(() => world.settlementOf('old') !== undefined)
    assert.equal(refused, 1)
  })

  it('hands events over as ever', async t => {
    const { world } = await outOfOrder(t)
    for (let n = 0; n < 30; n += 1) world.outbox.push(claimedEvent(`e${n}`))
    await world.until(() => world.published.length === 30)
  })

  it('counts what is given up while no mail gets through, with the failure that it was given up for', async t => {
    const { world, overdue } = await outOfOrder(t, 'misconfigured')
    const seen = world.counted.length
    overdue.push(overdueMail('old'))
    world.clock.seconds += 0.1
    await world.until(() => world.counted.length === seen + 1)
    assert.deepEqual(world.counted.at(-1), { topic: 'mail', result: 'given_up', failure: 'misconfigured' })
  })
})
