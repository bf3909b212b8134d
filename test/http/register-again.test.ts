import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { assertProblem, retryAfter } from '../support/problems.ts'
import { exhaust, letTimePass, makeCodesLong, type Pending, settledCode, signUp } from '../support/sign-up.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

const NEW_PASSWORD = 'Another-Horse-8'

describe('POST /users for a pending address whose code is dead', () => {
  /** Registers again with another password; checks that nothing of the first registration is left. */
  const replaces = async (first: Pending, nthMail: number) => {
    await makeCodesLong(app)
    const again = await client.register(first.email, NEW_PASSWORD)
    assert.equal(again.status, 201)
    assert.deepEqual(again.body, { id: again.body.id, email: first.email, is_active: false })
    assert.notEqual(again.body.id, first.id)

    const code = await settledCode(app, first.email, nthMail)
    assertProblem(await client.me(first.email, first.password), 'invalid_credentials')
    assertProblem(await client.activate(first.email, code, first.password), 'invalid_credentials')
    assertProblem(await client.activate(first.email, first.code, NEW_PASSWORD), 'wrong_code', {
      attempts_left: 2,
    })
    assert.equal((await client.activate(first.email, code, NEW_PASSWORD)).status, 200)
    assert.equal((await client.me(first.email, NEW_PASSWORD)).body.id, again.body.id)
  }

  it('answers 201 with a new id, password and code once the old code has expired', async () => {
    const first = await signUp(app)
    await letTimePass(app, 30)
    assertProblem(await client.register(first.email, NEW_PASSWORD), 'email_taken')
    await letTimePass(app, 30)
    await replaces(first, 2)
  })

  it('answers the same once the old code is exhausted', async () => {
    const first = await signUp(app)
    await exhaust(app, first)
    await letTimePass(app, 31)
    await replaces(first, 2)
  })

  it('answers the same once the mail of the old code was given up', async () => {
    const email = newAddress()
    app.mail.behave(async () => ({ result: 'failed', failure: 'refused', reason: 'no such mailbox' }))
    const { id } = (await client.register(email)).body
    await app.logLine({ msg: 'mail given up', reason: 'no such mailbox' })
    app.mail.behave(async () => ({ result: 'accepted' }))

    assertProblem(await client.activate(email, '0000'), 'expired_code')
    await letTimePass(app, 31)
    await replaces({ id: String(id), email, password: PASSWORD, code: '0000' }, 1)
  })

  it('answers 429 rate_limited within 30 seconds of the last mail, and keeps the old registration', async () => {
    const first = await signUp(app)
    await exhaust(app, first)
    const early = await client.register(first.email, NEW_PASSWORD)
    assertProblem(early, 'rate_limited')
    assert.ok(retryAfter(early) <= 30)
    assert.equal((await client.me(first.email)).body.id, first.id, 'the first registration is untouched')
  })
})
