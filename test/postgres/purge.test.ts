import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import type { Statement } from '../../src/infrastructure/postgres/database.ts'
import { purgePending } from '../../src/infrastructure/postgres/purge.ts'
import { type Bench, keyring, type Registered, registration, startBench } from '../support/fixtures.ts'
import { closeAndCountDeadlocks, whileAnotherCommits } from '../support/sessions.ts'

const MINUTE = 60
const DAY = 24 * 60 * MINUTE
const CONNECTIONS = 16

const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

const setAge = (bench: Bench, userId: string, seconds: number) =>
  bench.rows('update users set created_at = now() - make_interval(secs => $2) where id = $1', [
    userId,
    seconds,
  ])

/** Someone who registered long ago and whose code is dead. */
const registerOver = async (bench: Bench, seconds = DAY + MINUTE): Promise<Registered> => {
  const registered = await bench.register()
  await bench.expireCode(registered.userId, -1)
  await setAge(bench, registered.userId, seconds)
  return registered
}

describe('the purge of pending accounts', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench({ poolMax: CONNECTIONS })
  })
  after(async () => {
    assert.equal(await closeAndCountDeadlocks(bench), 0)
  })

  const purge = async (): Promise<string[]> =>
    (await bench.statements.purgePending(500)).map(({ userId }) => userId)

  const dead: [state: string, kill: (userId: string) => Promise<unknown>][] = [
    ['has expired', userId => bench.expireCode(userId, -1)],
    ['is exhausted', userId => bench.rows('update users set code_guesses = 3 where id = $1', [userId])],
    ['was given up', userId => bench.rows('update users set code_id = null where id = $1', [userId])],
  ]
  for (const [state, kill] of dead) {
    it(`deletes one after 24 hours when its code ${state}`, async () => {
      const { userId, email } = await bench.register()
      await kill(userId)
      await setAge(bench, userId, DAY - MINUTE)
      assert.deepEqual(await bench.statements.purgePending(500), [])
      assert.ok(await bench.userOf(email))

      await setAge(bench, userId, DAY + 1)
      assert.deepEqual(await bench.statements.purgePending(500), [{ userId, email }])
      assert.equal(await bench.userOf(email), undefined)
    })
  }

  const alive: [who: string, prepare: (userId: string) => Promise<unknown>][] = [
    ['whose mail is on its way', async () => {}],
    ['whose code is live', userId => bench.expireCode(userId, 30)],
    [
      'with two wrong guesses at a live code',
      userId => bench.rows('update users set code_guesses = 2 where id = $1', [userId]),
    ],
    [
      'who is active',
      userId => bench.rows('update users set activated_at = now(), code_id = null where id = $1', [userId]),
    ],
  ]
  for (const [who, prepare] of alive) {
    it(`never deletes one ${who}`, async () => {
      const { userId, email } = await bench.register()
      await prepare(userId)
      await setAge(bench, userId, 1000 * DAY)
      const before = await bench.userOf(email)
      assert.deepEqual(await purge(), [])
      assert.deepEqual(await bench.userOf(email), before)
      await bench.rows('delete from users where id = $1', [userId])
    })
  }

  it('deletes the oldest first, no more than a batch', async () => {
    const ages = [3, 5, 1, 4, 2]
    const people = new Map<number, string>()
    for (const days of ages) people.set(days, (await registerOver(bench, days * DAY + MINUTE)).userId)
    const batch = async () => (await bench.statements.purgePending(2)).map(({ userId }) => userId).toSorted()
    const aged = (...days: number[]) => days.map(day => people.get(day)).toSorted()
    assert.deepEqual(await batch(), aged(5, 4))
    assert.deepEqual(await batch(), aged(3, 2))
    assert.deepEqual(await batch(), aged(1))
    assert.deepEqual(await batch(), [])
  })

  it('leaves mails in the outbox, which are not sent any more, and events, which are', async () => {
    const { userId, mailId, eventId, email } = await bench.register()
    await bench.rows('update users set code_guesses = 3 where id = $1', [userId])
    await setAge(bench, userId, 2 * DAY)
    assert.deepEqual(await purge(), [userId])

    await bench.makeDue(userId, 1000 * DAY)
    const claimed = await bench.statements.claimMessages({ mail: 1, event: 1 })
    const mail = claimed.find(({ id }) => id === mailId)
    assert.ok(mail?.topic === 'mail')
    assert.equal(mail.wanted, undefined)
    const event = claimed.find(({ id }) => id === eventId)
    assert.ok(event?.topic === 'event')
    assert.deepEqual(event.event.data, { id: userId, email })
  })

  it('leaves the ledger of the address as it is', async () => {
    const { userId, email } = await registerOver(bench)
    await bench.setLedger(email, { wrongGuesses: 17, sentSecondsAgo: [10, 100] })
    await bench.statements.countLoginFailure(email)
    const before = await bench.ledgerOf(email)
    assert.equal(before?.login_failures, 1)
    assert.deepEqual(await purge(), [userId])
    assert.deepEqual(await bench.ledgerOf(email), before)
  })

  it('passes over one that is in use, and deletes it later', async () => {
    const [used, free] = [await registerOver(bench), await registerOver(bench)]
    await bench.whileAnotherHolds(`update users set locale = 'de' where id = '${used.userId}'`, async () => {
      assert.deepEqual(await purge(), [free.userId])
    })
    assert.deepEqual(await purge(), [used.userId])
  })

  it('deletes each once when 16 purges run at once', async () => {
    const people = await times(200, () => registerOver(bench))
    const gone: string[] = []
    const lane = async (): Promise<void> => {
      for (;;) {
        const batch = await bench.statements.purgePending(7)
        gone.push(...batch.map(({ userId }) => userId))
        if (batch.length === 0) return
      }
    }
    await times(CONNECTIONS, lane)
    gone.push(...(await purge()))
    assert.deepEqual(gone.toSorted(), people.map(({ userId }) => userId).toSorted())
  })

  describe('against a person who comes back at that moment', () => {
    it('does not delete a registration that waited for it', async () => {
      const old = await registerOver(bench)
      const again = registration({ email: old.email })
      const stored = await whileAnotherCommits(bench, `delete from users where id = '${old.userId}'`, () =>
        bench.statements.storeRegistration(again),
      )
      assert.ok(stored.ok)
      assert.equal((await bench.userOf(old.email))?.id, again.userId)
      assert.equal((await bench.outboxOf(again.userId)).length, 2)
    })

    it('never loses a registration that was acknowledged', async () => {
      for (let rounds = 0; rounds < 30; rounds += 1) {
        const old = await registerOver(bench)
        const again = registration({ email: old.email })
        const [gone, stored] = await Promise.all([purge(), bench.statements.storeRegistration(again)])
        assert.ok(stored.ok)
        assert.ok(!gone.includes(again.userId))
        assert.equal((await bench.userOf(old.email))?.id, again.userId)
        assert.equal((await bench.outboxOf(again.userId)).length, 2)
      }
    })

    it('never loses a code that was sent again', async () => {
      for (let rounds = 0; rounds < 30; rounds += 1) {
        const old = await registerOver(bench)
        const replacement = { ...old, codeId: keyring.newCodeId(), mailId: newId() }
        const [gone, replaced] = await Promise.all([purge(), bench.statements.replaceCode(replacement)])
        const row = await bench.userOf(old.email)
        assert.deepEqual(gone, replaced.ok ? [] : [old.userId])
        assert.equal(row?.code_id, replaced.ok ? replacement.codeId : undefined)
        if (!replaced.ok) assert.equal(replaced.refusal, 'invalid_credentials')
      }
    })

    it('never loses an activation in the last moment of its code', async () => {
      const outcomes = new Set<boolean>()
      for (let rounds = 0; rounds < 40; rounds += 1) {
        const old = await registerOver(bench)
        await bench.expireCode(old.userId, 0.01)
        const ended = `select from users where id = $1 and code_expires_at > now()`
        const purging = async (): Promise<string[]> => {
          while ((await bench.rows(ended, [old.userId])).length > 0);
          return purge()
        }
        if (rounds % 2 === 0) await bench.rows('select pg_sleep(0.008)')
        const [consumed, ...gone] = await Promise.all([
          bench.statements.consumeCode({ ...old, eventId: newId() }),
          ...Array.from({ length: 4 }, purging),
        ])
        outcomes.add(consumed)
        assert.deepEqual(gone.flat(), consumed ? [] : [old.userId])
        assert.equal(Boolean((await bench.userOf(old.email))?.activated_at), consumed)
      }
      assert.ok(outcomes.has(true), 'some activations were in time')
    })
  })
})

describe('the purge of 100,000 pending accounts', () => {
  /** One user a minute, every tenth of them pending: those of the last 23 hours and 59 minutes. */
  const YOUNG = 143
  let bench: Bench
  before(async () => {
    bench = await startBench()
    await bench.rows(
      `insert into users (id, email, password_hash, locale, created_at, activated_at, code_id, code_length, code_expires_at)
       select gen_random_uuid(), 'many-' || n || '@example.com', 'hash', 'en', registered, activated,
         case when activated is null then 'key.' || n end, 4, registered + interval '1 minute'
       from generate_series(1, 100000) as n,
         lateral (select now() - make_interval(mins => n) as registered) as at_some_time,
         lateral (select case when n % 10 > 0 then registered end as activated) as perhaps`,
    )
    await bench.rows('analyze')
  })
  after(() => bench.close())

  it('finds a batch by the index of pending users, the oldest first', async () => {
    const asked: Statement[] = []
    const listening: typeof bench.database = {
      ...bench.database,
      query: async statement => {
        asked.push(statement)
        return []
      },
    }
    await purgePending(listening)(500)
    const plan = await bench.rows<{ 'QUERY PLAN': string }>(`explain ${asked[0]?.text}`, [500])
    const text = plan.map(line => line['QUERY PLAN']).join('\n')
    assert.match(text, /Index Scan using users_pending on users/)
    assert.match(text, /Index Cond: \(created_at < /)
    assert.doesNotMatch(text, /Sort/)
  })

  it('deletes them all, batch after batch', async () => {
    let gone = 0
    for (let size = 500; size === 500; gone += size) {
      size = (await bench.statements.purgePending(500)).length
    }
    const [left] = await bench.rows('select count(*)::int as count from users where activated_at is null')
    assert.equal(gone, 10_000 - YOUNG)
    assert.equal(left?.count, YOUNG)
  })
})
