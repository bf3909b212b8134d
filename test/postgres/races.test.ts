import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import { newAddress } from '../support/client.ts'
import { type Bench, keyring, registration, startBench, statementsOn } from '../support/fixtures.ts'

const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

/** Many connections, so that the statements meet in the database and not in the queue of the pool. */
const CONNECTIONS = 16

describe('many at once, on one address', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench({ poolMax: CONNECTIONS })
    // Connected beforehand: nobody is first because of a handshake.
    await times(CONNECTIONS, () => bench.database.query({ name: 'warm', text: 'select pg_sleep(0.1)' }))
  })
  after(() => bench.close())

  const registerAtOnce = async (email: string) => {
    const inputs = Array.from({ length: CONNECTIONS }, () => registration({ email }))
    const outcomes = await Promise.all(inputs.map(input => bench.statements.storeRegistration(input)))
    const winners = inputs.filter((_, index) => outcomes[index]?.ok)
    const refusals = outcomes.flatMap(outcome => (outcome.ok ? [] : [outcome.refusal]))
    assert.equal(winners.length, 1)
    assert.deepEqual(refusals, Array(CONNECTIONS - 1).fill('email_taken'))

    const [winner] = winners
    assert.equal((await bench.userOf(email))?.id, winner?.userId)
    assert.equal((await bench.userOf(email))?.code_id, winner?.codeId)
    const userIds = inputs.map(({ userId }) => userId)
    const messages = await bench.rows('select id from outbox where user_id = any($1)', [userIds])
    assert.deepEqual(messages.map(({ id }) => id).toSorted(), [winner?.mailId, winner?.eventId].toSorted())
    return winner
  }

  it('16 registrations of a new address have one winner', async () => {
    const email = newAddress()
    await registerAtOnce(email)
    assert.equal((await bench.ledgerOf(email))?.sent_at.length, 1)
  })

  it('16 registrations that replace a dead one have one winner', async () => {
    const dead = await bench.register()
    await bench.expireCode(dead.userId, -1)
    const winner = await registerAtOnce(dead.email)
    assert.notEqual(winner?.userId, dead.userId)
  })

  it('16 activations have one winner and one event', async () => {
    const registered = await bench.register()
    const consumed = await times(16, () => bench.statements.consumeCode({ ...registered, eventId: newId() }))
    assert.equal(consumed.filter(Boolean).length, 1)
    const events = await bench.rows(
      `select from outbox where user_id = $1 and payload->>'type' = 'user.activated'`,
      [registered.userId],
    )
    assert.equal(events.length, 1)
  })

  it('16 resends have one winner when the budget allows one', async () => {
    const database = bench.open(CONNECTIONS)
    const on = statementsOn(database, { spacingSeconds: 30, perHour: 0, perDay: 0 })
    const registered = await bench.register()
    await bench.ageSends(registered.email, 30)
    const outcomes = await times(16, () =>
      on.replaceCode({ ...registered, codeId: keyring.newCodeId(), mailId: newId() }),
    )
    await database.close()
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
    assert.equal((await bench.outboxOf(registered.userId)).length, 3)
  })

  it('an activation and a resend cannot both have the code', async () => {
    for (let rounds = 0; rounds < 10; rounds += 1) {
      const registered = await bench.register()
      const replacement = { ...registered, codeId: keyring.newCodeId(), mailId: newId() }
      const [consumed, replaced] = await Promise.all([
        bench.statements.consumeCode({ ...registered, eventId: newId() }),
        bench.statements.replaceCode(replacement),
      ])
      assert.notEqual(consumed, replaced.ok)
      const row = await bench.userOf(registered.email)
      assert.equal(row?.code_id, consumed ? null : replacement.codeId)
    }
  })
})
