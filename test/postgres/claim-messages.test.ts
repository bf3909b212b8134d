import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import type { Message } from '../../src/application/outbox.ts'
import { type Bench, keyring, type Registered, startBench } from '../support/fixtures.ts'

const PLENTY = { mail: 100, event: 100 }
const MAIL_ONLY = { mail: 100, event: 0 }
const EVENTS_ONLY = { mail: 0, event: 100 }

const idsOf = (messages: Message[]) => messages.map(({ id }) => id).sort()

describe('claimMessages', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  beforeEach(() => bench.rows('truncate users, address_ledger, outbox'))
  after(() => bench.close())

  /** The lease of everything that is claimed runs out. */
  const endLeases = () => bench.rows('update outbox set due_at = now()')

  const claimMailOf = async ({ mailId }: Registered) => {
    const mail = (await bench.statements.claimMessages(MAIL_ONLY)).find(({ id }) => id === mailId)
    assert.ok(mail?.topic === 'mail')
    return mail
  }

  it('claims a mail with what it takes to write it', async () => {
    const registered = await bench.register({ locale: 'de' })
    const { ageSeconds, ...mail } = await claimMailOf(registered)
    assert.deepEqual(mail, {
      id: registered.mailId,
      userId: registered.userId,
      topic: 'mail',
      attempts: 1,
      correlationId: registered.correlationId,
      wanted: { email: registered.email, locale: 'de', code: { id: registered.codeId, length: 4 } },
    })
    assert.ok(ageSeconds >= 0)
  })

  it('claims an event with what it says', async () => {
    const registered = await bench.register()
    const [event, ...more] = await bench.statements.claimMessages(EVENTS_ONLY)
    assert.deepEqual(more, [])
    assert.ok(event?.topic === 'event')
    assert.deepEqual(event.event, {
      id: registered.eventId,
      type: 'user.registered',
      userId: registered.userId,
      time: registered.user.createdAt,
      correlationId: registered.correlationId,
      data: { id: registered.userId, email: registered.email },
    })
    assert.equal(event.attempts, 1)
  })

  it('tells how old a message is', async () => {
    const registered = await bench.register()
    await bench.rows("update outbox set created_at = now() - interval '1000 seconds'")
    const { ageSeconds } = await claimMailOf(registered)
    assert.ok(ageSeconds >= 1000 && ageSeconds < 1060, `${ageSeconds}`)
  })

  it('claims nothing from an empty outbox', async () => {
    assert.deepEqual(await bench.statements.claimMessages(PLENTY), [])
  })

  it('claims what has been due longest, first', async () => {
    const [one, two, three] = [await bench.register(), await bench.register(), await bench.register()]
    await bench.makeDue(two.userId, 30)
    await bench.makeDue(three.userId, 20)
    await bench.makeDue(one.userId, 10)
    const claimed = []
    for (let claims = 0; claims < 3; claims += 1) {
      claimed.push(...(await bench.statements.claimMessages({ mail: 1, event: 0 })))
    }
    assert.deepEqual(
      claimed.map(({ id }) => id),
      [two.mailId, three.mailId, one.mailId],
    )
  })

  it('claims of each topic no more than its limit', async () => {
    for (let people = 0; people < 4; people += 1) await bench.register()
    const topics = (await bench.statements.claimMessages({ mail: 1, event: 3 })).map(({ topic }) => topic)
    assert.deepEqual(topics.toSorted(), ['event', 'event', 'event', 'mail'])
    assert.deepEqual(await bench.statements.claimMessages({ mail: 0, event: 0 }), [])
  })

  it('leaves what is not due yet', async () => {
    const registered = await bench.register()
    await bench.makeDue(registered.userId, -5)
    assert.deepEqual(await bench.statements.claimMessages(PLENTY), [])
  })

  it('leases what it claims: nobody else gets it, until the lease runs out', async () => {
    const registered = await bench.register()
    await claimMailOf(registered)
    assert.deepEqual(await bench.statements.claimMessages(MAIL_ONLY), [])

    const [lease] = await bench.rows<{ seconds: number }>(
      'select extract(epoch from due_at - now())::float8 as seconds from outbox where id = $1',
      [registered.mailId],
    )
    assert.ok(lease && lease.seconds > 0 && lease.seconds <= 30, `${lease?.seconds}`)

    await endLeases()
    const again = await claimMailOf(registered)
    assert.equal(again.attempts, 2)
    assert.deepEqual(again.wanted?.code, { id: registered.codeId, length: 4 })
  })

  it('passes over messages that another courier is just claiming', async () => {
    const registered = await bench.register()
    await bench.whileAnotherHolds('select from outbox for update', async () => {
      assert.deepEqual(await bench.statements.claimMessages(PLENTY), [])
    })
    assert.equal((await claimMailOf(registered)).attempts, 1)
  })

  describe('for the events of one user', () => {
    const activate = async (registered: Registered): Promise<string> => {
      const eventId = newId()
      assert.ok(await bench.statements.consumeCode({ ...registered, eventId }))
      return eventId
    }

    it('keeps their order: the second waits until the first has left', async () => {
      const registered = await bench.register()
      const activatedId = await activate(registered)
      assert.deepEqual(idsOf(await bench.statements.claimMessages(EVENTS_ONLY)), [registered.eventId])
      assert.deepEqual(idsOf(await bench.statements.claimMessages(EVENTS_ONLY)), [])

      const { userId, eventId } = registered
      await bench.statements.settleMessages([
        { userId, id: eventId, attempts: 1, result: 'accepted', secondsAgo: 0 },
      ])
      assert.deepEqual(idsOf(await bench.statements.claimMessages(EVENTS_ONLY)), [activatedId])
    })

    it('keeps their order while the first backs off', async () => {
      const registered = await bench.register()
      await activate(registered)
      await bench.statements.claimMessages(EVENTS_ONLY)
      const { userId, eventId } = registered
      await bench.statements.settleMessages([
        { userId, id: eventId, attempts: 1, result: 'retry', inSeconds: 300, reason: 'broker down' },
      ])
      assert.deepEqual(await bench.statements.claimMessages(EVENTS_ONLY), [])
    })

    it('lets those of others pass', async () => {
      const waiting = await bench.register()
      await activate(waiting)
      await bench.statements.claimMessages(EVENTS_ONLY)
      const other = await bench.register()
      assert.deepEqual(idsOf(await bench.statements.claimMessages(EVENTS_ONLY)), [other.eventId])
    })

    it('waits for no mail', async () => {
      const registered = await bench.register()
      await claimMailOf(registered)
      assert.deepEqual(idsOf(await bench.statements.claimMessages(EVENTS_ONLY)), [registered.eventId])
    })
  })

  describe('marks a mail as unwanted', () => {
    it('when its code was replaced, and not the mail of the new code', async () => {
      const registered = await bench.register()
      const replacement = { ...registered, codeId: keyring.newCodeId(), mailId: newId() }
      assert.ok((await bench.statements.replaceCode(replacement)).ok)
      const mails = await bench.statements.claimMessages(MAIL_ONLY)
      const wantedOf = (mailId: string) => {
        const mail = mails.find(({ id }) => id === mailId)
        return mail?.topic === 'mail' && mail.wanted?.email
      }
      assert.equal(mails.length, 2)
      assert.equal(wantedOf(registered.mailId), undefined)
      assert.equal(wantedOf(replacement.mailId), registered.email)
    })

    it('when its registration was replaced', async () => {
      const first = await bench.register()
      await bench.rows('update users set code_id = null where id = $1', [first.userId])
      await bench.register({ email: first.email })
      assert.equal((await claimMailOf(first)).wanted, undefined)
    })

    it('when the account is active', async () => {
      assert.equal((await claimMailOf(await bench.registerActive())).wanted, undefined)
    })

    it('when the registration was purged', async () => {
      const registered = await bench.register()
      await bench.rows('delete from users')
      assert.equal((await claimMailOf(registered)).wanted, undefined)
    })
  })
})
