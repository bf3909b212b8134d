import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newAddress } from '../support/client.ts'
import { type Bench, hashAddress, registration, startBench } from '../support/fixtures.ts'
import { closeAndCountDeadlocks, whileAnotherCommits } from '../support/sessions.ts'
import { DEFAULT_BUDGET } from '../support/settings.ts'

const CONNECTIONS = 16
const NOTHING = { result: 'nothing' } as const

describe('storeQuietly', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench({ budget: DEFAULT_BUDGET, poolMax: CONNECTIONS })
  })
  after(async () => {
    assert.equal(await closeAndCountDeadlocks(bench), 0)
  })

  const store = (input: ReturnType<typeof registration>) => bench.statements.storeQuietly(input)
  const budgetIsFree = (email: string) => bench.ageSends(email, 31)
  const sendsOf = async (email: string): Promise<number | undefined> =>
    (await bench.ledgerOf(email))?.sent_at.length

  /** An active account that may be sent mail. */
  const active = async () => {
    const registered = await bench.registerActive({ passwordHash: 'first', locale: 'de' })
    await budgetIsFree(registered.email)
    await bench.rows('delete from outbox where user_id = $1', [registered.userId])
    return registered
  }

  /** A pending account that may be sent mail. */
  const pending = async () => {
    const registered = await bench.register({ passwordHash: 'first', locale: 'de' })
    await budgetIsFree(registered.email)
    return registered
  }

  it('registers a free address: user, mail and event', async () => {
    const input = registration({ locale: 'de' })
    const stored = await store(input)
    const row = await bench.userOf(input.email)
    assert.ok(row)
    assert.deepEqual(stored, {
      result: 'registered',
      user: { id: input.userId, email: input.email, createdAt: row.created_at, activatedAt: null },
      codeLength: 4,
      replacedUserId: undefined,
    })
    assert.equal(row.password_hash, input.passwordHash)
    assert.equal(row.code_id, input.codeId)
    assert.deepEqual(
      (await bench.outboxOf(input.userId)).map(({ id, payload }) => ({ id, payload })),
      [
        { id: input.eventId, payload: { type: 'user.registered', email: input.email } },
        { id: input.mailId, payload: { code_id: input.codeId } },
      ],
    )
    assert.equal(await sendsOf(input.email), 1)
  })

  it('replaces a pending registration whose code is dead', async () => {
    const first = await pending()
    await bench.expireCode(first.userId, -1)
    const second = registration({ email: first.email, passwordHash: 'second' })
    const stored = await store(second)
    assert.ok(stored.result === 'registered')
    assert.equal(stored.user.id, second.userId)
    assert.equal(stored.replacedUserId, first.userId)
    assert.equal((await bench.userOf(first.email))?.password_hash, 'second')
    assert.equal((await bench.outboxOf(second.userId)).length, 2)
  })

  it('reminds an active account of itself, and changes nothing about it', async () => {
    const { email, userId } = await active()
    const before = await bench.userOf(email)
    const again = registration({ email, passwordHash: 'another', locale: 'fr' })
    assert.deepEqual(await store(again), { result: 'reminded', userId })

    assert.deepEqual(await bench.userOf(email), before)
    const [mail, ...more] = await bench.outboxOf(userId)
    assert.deepEqual(more, [])
    assert.equal(mail?.id, again.mailId)
    assert.equal(mail?.topic, 'mail')
    assert.deepEqual(mail?.payload, {})
    assert.equal(mail?.correlation_id, again.correlationId)
    assert.deepEqual(await bench.outboxOf(again.userId), [])
    assert.equal(await sendsOf(email), 2)
  })

  it('has the reminder claimed as mail without a code, in the language of the account', async () => {
    const { email, userId } = await active()
    const again = registration({ email, locale: 'fr' })
    await store(again)
    await bench.makeDue(userId, 1000)
    const [mail] = await bench.statements.claimMessages({ mail: 1, event: 0 })
    assert.ok(mail?.topic === 'mail')
    assert.equal(mail.id, again.mailId)
    assert.deepEqual(mail.wanted, { email, locale: 'de', code: undefined })

    await bench.statements.settleMessages([{ ...mail, result: 'accepted', secondsAgo: 0 }])
    assert.deepEqual(await bench.outboxOf(userId), [])
    assert.equal((await bench.userOf(email))?.code_expires_at, null)
  })

  it('leaves the failed logins of an active account alone, and forgives those of a replaced one', async () => {
    const account = await active()
    await bench.statements.countLoginFailure(account.email)
    await store(registration({ email: account.email }))
    assert.equal((await bench.ledgerOf(account.email))?.login_failures, 1)

    const dead = await pending()
    await bench.expireCode(dead.userId, -1)
    await bench.statements.countLoginFailure(dead.email)
    await store(registration({ email: dead.email }))
    assert.equal((await bench.ledgerOf(dead.email))?.login_failures, 0)
  })

  const obstacles: [state: string, prepare: () => Promise<{ email: string; userId: string }>][] = [
    ['a pending account whose mail is on its way', pending],
    [
      'a pending account whose code is live',
      async () => {
        const registered = await pending()
        await bench.expireCode(registered.userId, 30)
        return registered
      },
    ],
    [
      'a pending account whose code is dead, before the next mail may be sent',
      async () => {
        const registered = await bench.register()
        await bench.expireCode(registered.userId, -1)
        return registered
      },
    ],
    ['an active account, before the next mail may be sent', () => bench.registerActive()],
  ]
  for (const [state, prepare] of obstacles) {
    it(`answers nothing and changes nothing for ${state}`, async () => {
      const { email, userId } = await prepare()
      const before = [await bench.userOf(email), await bench.outboxOf(userId), await bench.ledgerOf(email)]
      const again = registration({ email, passwordHash: 'another' })
      assert.deepEqual(await store(again), NOTHING)
      const afterwards = [
        await bench.userOf(email),
        await bench.outboxOf(userId),
        await bench.ledgerOf(email),
      ]
      assert.deepEqual(afterwards, before)
      assert.deepEqual(await bench.outboxOf(again.userId), [])
    })
  }

  it('changes nothing for a free address whose sends are spent, whoever had it', async () => {
    const email = newAddress()
    await bench.setLedger(email, { sentSecondsAgo: [100, 200, 300, 400, 500] })
    assert.deepEqual(await store(registration({ email })), NOTHING)
    assert.equal(await bench.userOf(email), undefined)
  })

  it('counts reminders and codes as sends of one budget', async () => {
    const { email } = await active()
    const results: string[] = []
    for (let sends = 0; sends < 10; sends += 1) {
      results.push((await store(registration({ email }))).result)
      await bench.ageSends(email, 31)
    }
    // One code was sent before: four reminders make the five of an hour.
    assert.deepEqual(results, [...Array(4).fill('reminded'), ...Array(6).fill('nothing')])
  })

  describe('16 at once', () => {
    const atOnce = async (email: string) => {
      const inputs = Array.from({ length: CONNECTIONS }, () => registration({ email }))
      const stored = await Promise.all(inputs.map(store))
      return stored.map(({ result }) => result).toSorted()
    }
    const oneAnd = (result: string) => [...Array(CONNECTIONS - 1).fill('nothing'), result]

    it('register a free address once', async () => {
      const email = newAddress()
      assert.deepEqual(await atOnce(email), oneAnd('registered'))
      assert.equal((await bench.outboxOf((await bench.userOf(email))?.id ?? '')).length, 2)
      assert.equal(await sendsOf(email), 1)
    })

    it('replace a dead registration once', async () => {
      const { email, userId } = await pending()
      await bench.expireCode(userId, -1)
      const results = await whileAnotherCommits(
        bench,
        `select from users where id = '${userId}' for update`,
        () => atOnce(email),
        CONNECTIONS,
      )
      assert.deepEqual(results, oneAnd('registered'))
      assert.equal(await sendsOf(email), 2)
    })

    for (const [what, prepare] of [
      ['its ledger row is there', async () => {}],
      [
        'its ledger row has been purged',
        (email: string) =>
          bench.rows('delete from address_ledger where address_hash = $1', [hashAddress(email)]),
      ],
    ] as const) {
      it(`remind an active account once when ${what}`, async () => {
        const { email, userId } = await active()
        await prepare(email)
        const results = await whileAnotherCommits(
          bench,
          `select from users where id = '${userId}' for update`,
          () => atOnce(email),
          CONNECTIONS,
        )
        assert.deepEqual(results, oneAnd('reminded'))
        assert.equal((await bench.outboxOf(userId)).length, 1)
      })
    }
  })

  it('sends no reminder to an account that has just been reminded, even if its row was not there before', async () => {
    const { email, userId } = await active()
    const hash = hashAddress(email).toString('hex')
    await bench.rows(`delete from address_ledger where address_hash = '\\x${hash}'`)
    const stored = await whileAnotherCommits(
      bench,
      `insert into address_ledger (address_hash, sent_at) values ('\\x${hash}', array[now()])`,
      () => store(registration({ email })),
    )
    assert.deepEqual(stored, NOTHING)
    assert.deepEqual(await bench.outboxOf(userId), [])
  })

  it('sends no code to an address that is being activated', async () => {
    const { email, userId } = await pending()
    const before = (await bench.outboxOf(userId)).length
    const stored = await whileAnotherCommits(
      bench,
      `update users set activated_at = now(), code_id = null, code_length = null where id = '${userId}'`,
      () => store(registration({ email })),
    )
    assert.deepEqual(stored, NOTHING)
    assert.equal((await bench.outboxOf(userId)).length, before)
  })
})
