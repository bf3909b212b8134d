import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import { type Bench, keyring, type Registered, startBench } from '../support/fixtures.ts'

describe('consumeCode', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  const activatedEvents = async ({ userId }: Registered) =>
    (await bench.outboxOf(userId)).filter(
      ({ payload }) => 'type' in payload && payload.type === 'user.activated',
    )

  it('activates the user and leaves nothing of the code', async () => {
    const registered = await bench.register()
    await bench.statements.countGuess(registered.user)
    assert.equal(await bench.statements.consumeCode({ ...registered, eventId: newId() }), true)

    const row = await bench.userOf(registered.email)
    assert.ok(row?.activated_at instanceof Date)
    assert.equal(row.code_id, null)
    assert.equal(row.code_length, null)
    assert.equal(row.code_guesses, 0)
    assert.equal(row.code_expires_at, null)
    assert.equal(row.password_hash, registered.passwordHash)
  })

  it('enqueues user.activated under the given id', async () => {
    const registered = await bench.register()
    const eventId = newId()
    await bench.statements.consumeCode({ ...registered, eventId, correlationId: 'the-activation' })
    const [event, ...more] = await activatedEvents(registered)
    assert.deepEqual(more, [])
    assert.equal(event?.id, eventId)
    assert.equal(event?.topic, 'event')
    assert.equal(event?.correlation_id, 'the-activation')
    assert.deepEqual(event?.payload, { type: 'user.activated', email: registered.email })
  })

  it('answers true within the minute of the code', async () => {
    const registered = await bench.register()
    await bench.expireCode(registered.userId, 30)
    assert.equal(await bench.statements.consumeCode({ ...registered, eventId: newId() }), true)
  })

  it('answers true once', async () => {
    const registered = await bench.register()
    assert.equal(await bench.statements.consumeCode({ ...registered, eventId: newId() }), true)
    assert.equal(await bench.statements.consumeCode({ ...registered, eventId: newId() }), false)
    assert.equal((await activatedEvents(registered)).length, 1)
  })

  it('changes nothing when its event cannot be enqueued', async () => {
    const registered = await bench.register()
    await bench.setLedger(registered.email, { wrongGuesses: 7 })
    const consumed = bench.statements.consumeCode({ ...registered, eventId: registered.eventId })
    await assert.rejects(consumed, { code: '23505' })
    assert.equal((await bench.userOf(registered.email))?.activated_at, null)
    assert.equal((await bench.ledgerOf(registered.email))?.wrong_guesses, 7)
  })

  const lost: [string, (registered: Registered) => Promise<unknown>][] = [
    ['has run out', ({ userId }) => bench.expireCode(userId, -1)],
    ['runs out now', ({ userId }) => bench.expireCode(userId, 0)],
    [
      'was replaced',
      registered =>
        bench.statements.replaceCode({ ...registered, codeId: keyring.newCodeId(), mailId: newId() }),
    ],
    ['was given up', ({ userId }) => bench.rows('update users set code_id = null where id = $1', [userId])],
    [
      'belongs to a registration that is gone',
      ({ userId }) => bench.rows('delete from users where id = $1', [userId]),
    ],
  ]
  for (const [state, lose] of lost) {
    it(`answers false and changes nothing for a code that ${state}`, async () => {
      const registered = await bench.register()
      await bench.setLedger(registered.email, { wrongGuesses: 7 })
      await lose(registered)
      const before = await bench.userOf(registered.email)
      assert.equal(await bench.statements.consumeCode({ ...registered, eventId: newId() }), false)
      assert.deepEqual(await bench.userOf(registered.email), before)
      assert.equal((await bench.ledgerOf(registered.email))?.wrong_guesses, 7)
      assert.deepEqual(await activatedEvents(registered), [])
    })
  }

  it('never activates the registration that replaced the one of the code', async () => {
    const attacker = await bench.register({ passwordHash: 'of the attacker' })
    await bench.expireCode(attacker.userId, -1)
    const owner = await bench.register({ email: attacker.email, passwordHash: 'of the owner' })
    const crossed = { ...attacker, codeId: owner.codeId, eventId: newId() }
    assert.equal(await bench.statements.consumeCode(crossed), false)
    assert.equal((await bench.userOf(owner.email))?.activated_at, null)
  })
})
