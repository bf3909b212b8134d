import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Bench, type Registered, startBench } from '../support/fixtures.ts'

describe('countGuess', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench()
  })
  after(() => bench.close())

  const countsOf = async ({ email }: Registered) => ({
    onCode: (await bench.userOf(email))?.code_guesses,
    onLedger: (await bench.ledgerOf(email))?.wrong_guesses,
  })

  it('numbers three guesses at a code, and counts each on code and ledger', async () => {
    const registered = await bench.register()
    for (const guess of [1, 2, 3]) {
      assert.deepEqual(await bench.statements.countGuess(registered.user), {
        codeId: registered.codeId,
        codeLength: 4,
        guess,
      })
      assert.deepEqual(await countsOf(registered), { onCode: guess, onLedger: guess })
    }
  })

  it('counts guesses at a code whose mail has not been accepted yet', async () => {
    const registered = await bench.register()
    assert.equal((await bench.userOf(registered.email))?.code_expires_at, null)
    assert.equal((await bench.statements.countGuess(registered.user))?.guess, 1)
  })

  it('counts guesses within the minute', async () => {
    const registered = await bench.register()
    await bench.expireCode(registered.userId, 30)
    assert.equal((await bench.statements.countGuess(registered.user))?.guess, 1)
  })

  it('counts on a ledger row that has gone meanwhile', async () => {
    const registered = await bench.register()
    await bench.rows('delete from address_ledger')
    await bench.statements.countGuess(registered.user)
    assert.deepEqual(await countsOf(registered), { onCode: 1, onLedger: 1 })
  })

  const deadCodes: [string, (registered: Registered) => Promise<unknown>][] = [
    ['an expired code', ({ userId }) => bench.expireCode(userId, -1)],
    ['a code that expires now', ({ userId }) => bench.expireCode(userId, 0)],
    [
      'an exhausted code',
      ({ userId }) => bench.rows('update users set code_guesses = 3 where id = $1', [userId]),
    ],
    [
      'a code that was given up',
      ({ userId }) => bench.rows('update users set code_id = null where id = $1', [userId]),
    ],
    [
      'an active account',
      ({ userId }) =>
        bench.rows('update users set activated_at = now(), code_id = null where id = $1', [userId]),
    ],
  ]
  for (const [state, kill] of deadCodes) {
    it(`counts nothing, on code or ledger, for ${state}`, async () => {
      const registered = await bench.register()
      await kill(registered)
      const before = await countsOf(registered)
      assert.equal(await bench.statements.countGuess(registered.user), undefined)
      assert.deepEqual(await countsOf(registered), before)
    })
  }

  it('counts nothing for a registration that was replaced or purged', async () => {
    const first = await bench.register()
    await bench.expireCode(first.userId, -1)
    const second = await bench.register({ email: first.email })
    assert.equal(await bench.statements.countGuess(first.user), undefined)
    assert.deepEqual(await countsOf(second), { onCode: 0, onLedger: 0 })

    await bench.rows('delete from users where id = $1', [second.userId])
    assert.equal(await bench.statements.countGuess(second.user), undefined)
    assert.equal((await bench.ledgerOf(first.email))?.wrong_guesses, 0)
  })

  it('counts nothing for others', async () => {
    const [one, other] = [await bench.register(), await bench.register()]
    await bench.statements.countGuess(one.user)
    assert.deepEqual(await countsOf(other), { onCode: 0, onLedger: 0 })
  })
})
