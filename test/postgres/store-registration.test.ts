import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { carryAtOnce } from '../../src/application/carry-at-once.ts'
import type { Expected } from '../../src/application/courier.ts'
import { newAddress } from '../support/client.ts'
import { type Bench, LEASE_SECONDS, registration, startBench } from '../support/fixtures.ts'

describe('storeRegistration', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  it('stores the pending user and answers with it', async () => {
    const input = registration({ locale: 'de' })
    const stored = await bench.statements.storeRegistration(input)

    const row = await bench.userOf(input.email)
    assert.ok(row)
    assert.deepEqual(stored, {
      ok: true,
      user: { id: input.userId, email: input.email, createdAt: row.created_at, activatedAt: null },
      codeLength: 4,
      replacedUserId: undefined,
    })
    assert.deepEqual(row, {
      id: input.userId,
      email: input.email,
      password_hash: input.passwordHash,
      locale: 'de',
      created_at: row.created_at,
      activated_at: null,
      code_id: input.codeId,
      code_length: 4,
      code_guesses: 0,
      code_expires_at: null,
    })
  })

  it('enqueues the mail and the event with it, and charges the ledger', async () => {
    const input = await bench.register()
    const [event, mail, ...more] = await bench.outboxOf(input.userId)
    assert.deepEqual(more, [])
    assert.equal(mail?.id, input.mailId)
    assert.deepEqual(mail?.payload, { code_id: input.codeId })
    assert.equal(event?.id, input.eventId)
    assert.deepEqual(event?.payload, { type: 'user.registered', email: input.email })
    for (const message of [mail, event]) {
      assert.equal(message?.correlation_id, input.correlationId)
      assert.equal(message?.attempts, 0)
    }
    assert.equal((await bench.ledgerOf(input.email))?.sent_at.length, 1)
  })

  describe('leased', () => {
    const leased = async () => {
      const input = registration()
      const stored = await bench.statements.storeRegistration(input, true)
      assert.ok(stored.ok)
      return input
    }
    const claimOf = async ({ userId }: { userId: string }) => {
      const claimed = await bench.statements.claimMessages({ mail: 100, event: 100 })
      return claimed.filter(message => message.userId === userId)
    }

    it('keeps mail and event from whoever claims', async () => {
      const input = await leased()
      for (const { attempts } of await bench.outboxOf(input.userId)) assert.equal(attempts, 1)
      assert.deepEqual(await claimOf(input), [])
    })

    it('leaves them to whoever claims once the lease has run out', async () => {
      const input = await leased()
      const [left] = await bench.rows<{ seconds: number }>(
        'select extract(epoch from max(due_at) - now())::float8 as seconds from outbox where user_id = $1',
        [input.userId],
      )
      assert.ok(left && left.seconds > 0 && left.seconds <= LEASE_SECONDS)
      await bench.rows('update outbox set due_at = now() where user_id = $1', [input.userId])
      const claimed = await claimOf(input)
      assert.deepEqual(claimed.map(({ topic, attempts }) => [topic, attempts]).toSorted(), [
        ['event', 2],
        ['mail', 2],
      ])
    })

    it('gives the courier what a claim would have given it', async () => {
      const carried: Parameters<Expected['carry']>[0][] = []
      const store = carryAtOnce({
        store: bench.statements.storeRegistration,
        courier: {
          wake: () => {},
          expect: () => ({ carry: messages => carried.push(messages), forgo: () => {} }),
        },
        traceParent: () => undefined,
        outside: work => work(),
      })
      const input = registration({ locale: 'de' })
      assert.ok((await store(input)).ok)
      await bench.rows('update outbox set due_at = now(), attempts = 0 where user_id = $1', [input.userId])
      const claimed = (await claimOf(input)).map(message => ({ ...message, ageSeconds: 0 }))
      assert.deepEqual(
        claimed.find(({ topic }) => topic === 'mail'),
        carried[0]?.mail,
      )
      assert.deepEqual(
        claimed.find(({ topic }) => topic === 'event'),
        carried[0]?.event,
      )
    })
  })

  it('stores nothing at all when the mail cannot be enqueued', async () => {
    const broken = registration()
    // The outbox holds a message under this id already.
    await bench.rows(
      `insert into outbox (user_id, id, topic, payload, correlation_id) values ($1, $2, 'event', '{}', 'taken')`,
      [broken.userId, broken.mailId],
    )
    await assert.rejects(bench.statements.storeRegistration(broken), { code: '23505' })
    assert.equal(await bench.userOf(broken.email), undefined)
    assert.equal(await bench.ledgerOf(broken.email), undefined)
    assert.equal((await bench.outboxOf(broken.userId)).length, 1)
  })

  describe('for an address that is registered already', () => {
    const deadCodes: [string, (userId: string) => Promise<unknown>][] = [
      ['has expired', userId => bench.expireCode(userId, -1)],
      ['is exhausted', userId => bench.rows('update users set code_guesses = 3 where id = $1', [userId])],
      ['was given up', userId => bench.rows('update users set code_id = null where id = $1', [userId])],
    ]
    for (const [state, kill] of deadCodes) {
      it(`replaces a pending registration whose code ${state}`, async () => {
        const first = await bench.register({ passwordHash: 'first', locale: 'de' })
        await kill(first.userId)
        const second = await bench.register({ email: first.email, passwordHash: 'second' })

        const row = await bench.userOf(first.email)
        assert.equal(row?.id, second.userId)
        assert.equal(row?.password_hash, 'second')
        assert.equal(row?.locale, 'en')
        assert.equal(row?.code_id, second.codeId)
        assert.equal(row?.code_guesses, 0)
        assert.equal(row?.code_expires_at, null)
        assert.deepEqual(row?.created_at, second.user.createdAt)
        assert.notDeepEqual(second.user.createdAt, first.user.createdAt)
        assert.equal((await bench.outboxOf(second.userId)).length, 2)
        assert.equal((await bench.rows('select from users where email = $1', [first.email])).length, 1)
      })
    }

    const obstacles: [string, (userId: string) => Promise<unknown>][] = [
      ['whose mail is on its way', async () => {}],
      ['whose code is live', userId => bench.expireCode(userId, 30)],
      [
        'with two wrong guesses at a live code',
        userId => bench.rows('update users set code_guesses = 2 where id = $1', [userId]),
      ],
      [
        'that is active',
        userId => bench.rows('update users set activated_at = now(), code_id = null where id = $1', [userId]),
      ],
    ]
    for (const [state, prepare] of obstacles) {
      it(`refuses with email_taken, and changes nothing, for an account ${state}`, async () => {
        const first = await bench.register()
        await prepare(first.userId)
        const before = await bench.userOf(first.email)
        const second = registration({ email: first.email, passwordHash: 'another' })
        assert.deepEqual(await bench.statements.storeRegistration(second), {
          ok: false,
          refusal: 'email_taken',
        })
        assert.deepEqual(await bench.userOf(first.email), before)
        assert.deepEqual(await bench.outboxOf(second.userId), [])
        assert.equal((await bench.ledgerOf(first.email))?.sent_at.length, 1)
      })
    }
  })

  it('leaves the accounts of other addresses alone', async () => {
    const one = await bench.register()
    await bench.register({ email: newAddress() })
    assert.equal((await bench.userOf(one.email))?.id, one.userId)
  })
})
