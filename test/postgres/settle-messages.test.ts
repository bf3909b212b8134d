import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import type { Settlement } from '../../src/application/outbox.ts'
import {
  type Bench,
  keyring,
  type Registered,
  registration,
  startBench,
  TTL_SECONDS,
} from '../support/fixtures.ts'

const PLENTY = { mail: 1000, event: 1000 }
const givenUp = () => ({ result: 'given_up', eventId: newId(), reason: 'refused' }) as const

describe('settleMessages', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  /** Registers, and claims the mail and the event. */
  const registerAndClaim = async (): Promise<Registered> => {
    const registered = await bench.register()
    await bench.statements.claimMessages(PLENTY)
    return registered
  }

  const mailOf = ({ userId, mailId }: Registered, attempts = 1) => ({ userId, id: mailId, attempts })
  const eventOf = ({ userId, eventId }: Registered, attempts = 1) => ({ userId, id: eventId, attempts })
  const settle = (...settlements: Settlement[]) => bench.statements.settleMessages(settlements)

  const waitingIds = async ({ userId }: Registered) => (await bench.outboxOf(userId)).map(({ id }) => id)

  /** Seconds of its minute that the code of a user still has, by the database's clock. */
  const secondsLeft = async ({ userId }: Registered): Promise<number> => {
    const [row] = await bench.rows<{ left: number }>(
      'select extract(epoch from code_expires_at - now())::float8 as left from users where id = $1',
      [userId],
    )
    return row?.left ?? Number.NaN
  }

  describe('an accepted mail', () => {
    it('leaves the outbox, alone, and its minute begins', async () => {
      const registered = await registerAndClaim()
      await settle({ ...mailOf(registered), result: 'accepted', secondsAgo: 0 })
      assert.deepEqual(await waitingIds(registered), [registered.eventId])
      const left = await secondsLeft(registered)
      assert.ok(left > TTL_SECONDS - 20 && left <= TTL_SECONDS, `${left}`)
    })

    it('had its minute begin when it was accepted, not when it is settled', async () => {
      const registered = await registerAndClaim()
      await settle({ ...mailOf(registered), result: 'accepted', secondsAgo: 40 })
      const left = await secondsLeft(registered)
      assert.ok(left > 0 && left <= TTL_SECONDS - 40, `${left}`)
    })

    it('leaves a dead code when it is settled after its minute', async () => {
      const registered = await registerAndClaim()
      await settle({ ...mailOf(registered), result: 'accepted', secondsAgo: TTL_SECONDS })
      assert.equal(await bench.statements.countGuess(registered.user), undefined)
    })

    it('keeps the guesses that were made before', async () => {
      const registered = await registerAndClaim()
      await bench.statements.countGuess(registered.user)
      await settle({ ...mailOf(registered), result: 'accepted', secondsAgo: 0 })
      assert.equal((await bench.statements.countGuess(registered.user))?.guess, 2)
    })

    it('leaves an account alone that was activated meanwhile', async () => {
      const registered = await registerAndClaim()
      await bench.statements.consumeCode({ ...registered, eventId: newId() })
      await settle({ ...mailOf(registered), result: 'accepted', secondsAgo: 0 })
      const row = await bench.userOf(registered.email)
      assert.equal(row?.code_id, null)
      assert.equal(row?.code_expires_at, null)
      assert.ok(!(await waitingIds(registered)).includes(registered.mailId))
    })

    it('counts even when its claim was lost: the user has the mail', async () => {
      const registered = await registerAndClaim()
      await bench.makeDue(registered.userId, 0)
      await bench.statements.claimMessages(PLENTY)
      await settle({ ...mailOf(registered, 1), result: 'accepted', secondsAgo: 0 })
      assert.ok((await secondsLeft(registered)) > 0)
      assert.ok(!(await waitingIds(registered)).includes(registered.mailId))
    })
  })

  it('takes an accepted event out of the outbox and touches no code', async () => {
    const registered = await registerAndClaim()
    await settle({ ...eventOf(registered), result: 'accepted', secondsAgo: 0 })
    assert.deepEqual(await waitingIds(registered), [registered.mailId])
    assert.equal((await bench.userOf(registered.email))?.code_expires_at, null)
    assert.equal((await bench.userOf(registered.email))?.code_id, registered.codeId)
  })

  it('takes an unwanted mail out of the outbox and touches no code', async () => {
    const registered = await registerAndClaim()
    const before = await bench.userOf(registered.email)
    await settle({ ...mailOf(registered), result: 'unwanted' })
    assert.deepEqual(await waitingIds(registered), [registered.eventId])
    assert.deepEqual(await bench.userOf(registered.email), before)
  })

  it('takes a mail that is given up out of the outbox and kills its code', async () => {
    const registered = await registerAndClaim()
    const eventId = newId()
    await settle({ ...mailOf(registered), result: 'given_up', eventId, reason: 'refused' })
    assert.deepEqual(await waitingIds(registered), [registered.eventId, eventId])
    assert.equal(await bench.statements.countGuess(registered.user), undefined)
    assert.equal((await bench.userOf(registered.email))?.code_id, null)
    await bench.register({ email: registered.email })
  })

  describe('the event of a mail that is given up', () => {
    const eventsOf = async ({ userId }: { userId: string }) => {
      await bench.rows(`delete from outbox where payload->>'type' = 'user.registered' and user_id = $1`, [
        userId,
      ])
      await bench.makeDue(userId, 0)
      const claimed = await bench.statements.claimMessages(PLENTY)
      return claimed.flatMap(message =>
        message.topic === 'event' && message.userId === userId ? [message] : [],
      )
    }

    it('names the user, the kind of mail and the reason, and is claimed as others are', async () => {
      const registered = await registerAndClaim()
      const settled = givenUp()
      await settle({ ...mailOf(registered), ...settled })
      const [message, ...more] = await eventsOf(registered)
      assert.deepEqual(more, [])
      const { userId, correlationId, email } = registered
      assert.equal(message?.correlationId, correlationId)
      const { time, ...event } = message?.event ?? {}
      assert.ok(time)
      assert.deepEqual(event, {
        id: settled.eventId,
        type: 'mail.given_up',
        userId,
        correlationId,
        data: { id: userId, email, mail: 'activation_code', reason: 'refused' },
      })
    })

    it('is enqueued for a reminder too', async () => {
      const registered = await bench.registerActive()
      await bench.rows('delete from outbox where user_id = $1', [registered.userId])
      await bench.statements.storeQuietly(
        registration({ email: registered.email, mailId: registered.mailId }),
      )
      await bench.statements.claimMessages(PLENTY)
      await settle({ ...mailOf(registered), ...givenUp() })
      const [message] = await eventsOf(registered)
      assert.deepEqual(message?.event.data, {
        id: registered.userId,
        email: registered.email,
        mail: 'already_registered',
        reason: 'refused',
      })
    })

    it('is not enqueued when nobody waits for the mail any more', async () => {
      const registered = await registerAndClaim()
      await bench.statements.replaceCode({ ...registered, codeId: keyring.newCodeId(), mailId: newId() })
      await settle({ ...mailOf(registered), ...givenUp() })
      assert.deepEqual(await eventsOf(registered), [])
    })
  })

  describe('a retry', () => {
    it('is due again when it says, and keeps the reason', async () => {
      const registered = await registerAndClaim()
      await settle({ ...mailOf(registered), result: 'retry', inSeconds: 500, reason: 'connection refused' })
      const [row] = await bench.rows<{ wait: number; last_failure: string; attempts: number }>(
        `select extract(epoch from due_at - now())::float8 as wait, last_failure, attempts
         from outbox where id = $1`,
        [registered.mailId],
      )
      assert.ok(row && row.wait > 440 && row.wait <= 500, `${row?.wait}`)
      assert.equal(row.last_failure, 'connection refused')
      assert.equal(row.attempts, 1)
      assert.equal((await bench.userOf(registered.email))?.code_id, registered.codeId)

      await bench.makeDue(registered.userId, 0)
      const again = await bench.statements.claimMessages(PLENTY)
      assert.equal(again.find(({ id }) => id === registered.mailId)?.attempts, 2)
    })

    it('is not given up by a claim that was lost: a newer one may be handing it over', async () => {
      const registered = await registerAndClaim()
      await bench.makeDue(registered.userId, 0)
      await bench.statements.claimMessages(PLENTY)
      await settle({ ...mailOf(registered, 1), ...givenUp() })
      assert.equal((await bench.userOf(registered.email))?.code_id, registered.codeId)
      assert.ok((await waitingIds(registered)).includes(registered.mailId))
    })

    it('writes nothing when its claim was lost to a newer one', async () => {
      const registered = await registerAndClaim()
      await bench.makeDue(registered.userId, 0)
      await bench.statements.claimMessages(PLENTY)
      const stateOf = () =>
        bench.rows('select due_at, last_failure, attempts from outbox where id = $1', [registered.mailId])
      const before = await stateOf()
      await settle({ ...mailOf(registered, 1), result: 'retry', inSeconds: 0, reason: 'too late' })
      assert.deepEqual(await stateOf(), before)
    })

    it('stores a reason of any length and any characters', async () => {
      const registered = await registerAndClaim()
      const reason = `"quoted", \\ {braces}, null, é𝄞 ${'x'.repeat(10_000)}`
      await settle({ ...mailOf(registered), result: 'retry', inSeconds: 1, reason })
      const [mail] = (await bench.outboxOf(registered.userId)).filter(({ topic }) => topic === 'mail')
      assert.ok(mail?.last_failure && reason.startsWith(mail.last_failure))
      assert.ok(mail.last_failure.length > 100)
    })
  })

  it('leaves a code alone that has replaced the one of the mail', async () => {
    for (const outcome of [{ result: 'accepted', secondsAgo: 0 } as const, givenUp()]) {
      const registered = await registerAndClaim()
      const replacement = { ...registered, codeId: keyring.newCodeId(), mailId: newId() }
      await bench.statements.replaceCode(replacement)
      await settle({ ...mailOf(registered), ...outcome })
      const row = await bench.userOf(registered.email)
      assert.equal(row?.code_id, replacement.codeId)
      assert.equal(row?.code_expires_at, null)
    }
  })

  it('changes nothing when a message is settled twice', async () => {
    const registered = await registerAndClaim()
    await settle({ ...mailOf(registered), result: 'accepted', secondsAgo: 0 })
    const before = await bench.userOf(registered.email)
    await settle({ ...mailOf(registered), result: 'accepted', secondsAgo: 10 })
    await settle({ ...mailOf(registered), ...givenUp() })
    await settle({ ...mailOf(registered), result: 'retry', inSeconds: 1, reason: 'late' })
    assert.deepEqual(await bench.userOf(registered.email), before)
    assert.deepEqual(await waitingIds(registered), [registered.eventId])
  })

  it('passes over what is gone, and settles the rest of the batch', async () => {
    const [gone, here] = [await registerAndClaim(), await registerAndClaim()]
    await bench.rows('delete from users where id = $1', [gone.userId])
    await bench.rows('delete from outbox where user_id = $1', [gone.userId])
    await settle(
      { ...mailOf(gone), result: 'accepted', secondsAgo: 0 },
      { ...mailOf(here), result: 'accepted', secondsAgo: 0 },
    )
    assert.deepEqual(await waitingIds(here), [here.eventId])
    assert.ok((await secondsLeft(here)) > 0)
  })

  it('settles a batch of everything at once, each in its own way', async () => {
    const [accepted, unwanted, hopeless, retried] = [
      await registerAndClaim(),
      await registerAndClaim(),
      await registerAndClaim(),
      await registerAndClaim(),
    ]
    await settle(
      { ...mailOf(retried), result: 'retry', inSeconds: 5, reason: 'greylisted' },
      { ...mailOf(accepted), result: 'accepted', secondsAgo: 0 },
      { ...eventOf(accepted), result: 'accepted', secondsAgo: 0 },
      { ...mailOf(hopeless), ...givenUp() },
      { ...mailOf(unwanted), result: 'unwanted' },
    )
    assert.deepEqual(await waitingIds(accepted), [])
    assert.deepEqual(await waitingIds(unwanted), [unwanted.eventId])
    assert.equal((await waitingIds(hopeless)).includes(hopeless.mailId), false)
    assert.deepEqual(await waitingIds(retried), [retried.eventId, retried.mailId])
    assert.ok((await secondsLeft(accepted)) > 0)
    assert.equal((await bench.userOf(hopeless.email))?.code_id, null)
    assert.equal((await bench.userOf(unwanted.email))?.code_expires_at, null)
    assert.equal((await bench.userOf(retried.email))?.code_expires_at, null)
  })

  it('settles an empty batch', async () => {
    await assert.doesNotReject(settle())
  })
})
