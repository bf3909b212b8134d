import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v7 as newId } from 'uuid'
import type { SendsBudget } from '../../src/domain/budget.ts'
import { type Bench, keyring, type Registered, startBench } from '../support/fixtures.ts'

const BUDGET: SendsBudget = { spacingSeconds: 30, perHour: 3, perDay: 0 }

const replacementFor = (registered: Registered) => ({
  ...registered,
  codeId: keyring.newCodeId(),
  mailId: newId(),
})

describe('replaceCode', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench({ budget: BUDGET })
  })
  after(() => bench.close())

  /** Registers, and waits long enough for a resend. */
  const registerEarlier = async (): Promise<Registered> => {
    const registered = await bench.register()
    await bench.ageSends(registered.email, BUDGET.spacingSeconds)
    return registered
  }

  it('gives the user a new code with three new guesses', async () => {
    const registered = await registerEarlier()
    await bench.statements.countGuess(registered.user)
    await bench.expireCode(registered.userId, 30)
    const replacement = replacementFor(registered)
    assert.ok((await bench.statements.replaceCode(replacement)).ok)

    const row = await bench.userOf(registered.email)
    assert.equal(row?.code_id, replacement.codeId)
    assert.equal(row?.code_guesses, 0)
    assert.equal(row?.code_expires_at, null)
    assert.equal(row?.id, registered.userId)
    assert.equal(row?.password_hash, registered.passwordHash)
  })

  it('enqueues the mail of the new code', async () => {
    const registered = await registerEarlier()
    const replacement = { ...replacementFor(registered), correlationId: 'the-resend' }
    await bench.statements.replaceCode(replacement)
    const mails = (await bench.outboxOf(registered.userId)).filter(({ topic }) => topic === 'mail')
    assert.deepEqual(
      mails.map(({ id, payload, correlation_id }) => ({ id, payload, correlation_id })),
      [
        {
          id: registered.mailId,
          payload: { code_id: registered.codeId },
          correlation_id: registered.correlationId,
        },
        { id: replacement.mailId, payload: { code_id: replacement.codeId }, correlation_id: 'the-resend' },
      ],
    )
  })

  for (const [state, change] of [
    ['expired', "code_expires_at = now() - interval '1 hour'"],
    ['is exhausted', 'code_guesses = 3'],
    ['was given up', 'code_id = null, code_length = null'],
  ]) {
    it(`brings back a user whose code ${state}`, async () => {
      const registered = await registerEarlier()
      await bench.rows(`update users set ${change} where id = $1`, [registered.userId])
      await bench.statements.replaceCode(replacementFor(registered))
      assert.equal((await bench.statements.countGuess(registered.user))?.guess, 1)
    })
  }

  it('tells when the next one may be asked for: after the spacing', async () => {
    const registered = await registerEarlier()
    const replaced = await bench.statements.replaceCode(replacementFor(registered))
    assert.deepEqual(replaced, { ok: true, retryAfterSeconds: 30 })
  })

  it('tells when the next one may be asked for: when this was the last of the hour', async () => {
    const registered = await registerEarlier()
    await bench.setLedger(registered.email, { sentSecondsAgo: [1000, 2000] })
    const replaced = await bench.statements.replaceCode(replacementFor(registered))
    assert.ok(replaced.ok)
    assert.ok(replaced.retryAfterSeconds > 30 && replaced.retryAfterSeconds <= 1600)

    await bench.ageSends(registered.email, replaced.retryAfterSeconds)
    assert.ok((await bench.statements.replaceCode(replacementFor(registered))).ok)
  })

  it('refuses with rate_limited and the exact wait, changing nothing, when the budget is spent', async () => {
    const registered = await bench.register()
    const before = await bench.userOf(registered.email)
    const refused = await bench.statements.replaceCode(replacementFor(registered))
    assert.ok(!refused.ok && refused.refusal === 'rate_limited')
    assert.ok(refused.retryAfterSeconds >= 1 && refused.retryAfterSeconds <= 30)
    assert.deepEqual(await bench.userOf(registered.email), before)
    assert.equal((await bench.outboxOf(registered.userId)).length, 2)
    assert.equal((await bench.ledgerOf(registered.email))?.sent_at.length, 1)

    await bench.ageSends(registered.email, refused.retryAfterSeconds)
    assert.ok((await bench.statements.replaceCode(replacementFor(registered))).ok)
  })

  it('refuses an active account with already_active, whatever its budget', async () => {
    const registered = await bench.registerActive()
    assert.deepEqual(await bench.statements.replaceCode(replacementFor(registered)), {
      ok: false,
      refusal: 'already_active',
    })
    assert.equal((await bench.userOf(registered.email))?.code_id, null)
  })

  it('refuses a registration that was replaced or purged with invalid_credentials', async () => {
    const first = await registerEarlier()
    await bench.expireCode(first.userId, -1)
    const second = await bench.register({ email: first.email })
    await bench.ageSends(first.email, BUDGET.spacingSeconds)
    const refused = { ok: false, refusal: 'invalid_credentials' }
    assert.deepEqual(await bench.statements.replaceCode(replacementFor(first)), refused)
    assert.equal((await bench.userOf(first.email))?.code_id, second.codeId)

    await bench.rows('delete from users where id = $1', [second.userId])
    assert.deepEqual(await bench.statements.replaceCode(replacementFor(second)), refused)
  })

  it('stores nothing at all when the mail cannot be enqueued', async () => {
    const registered = await registerEarlier()
    const before = await bench.userOf(registered.email)
    const replacement = { ...replacementFor(registered), mailId: registered.mailId }
    await assert.rejects(bench.statements.replaceCode(replacement), { code: '23505' })
    assert.deepEqual(await bench.userOf(registered.email), before)
    assert.equal((await bench.ledgerOf(registered.email))?.sent_at.length, 1)
  })
})
