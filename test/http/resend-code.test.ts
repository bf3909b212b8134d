import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { basicAuth, createClient } from '../support/client.ts'
import { assertInvalid, assertProblem, retryAfter } from '../support/problems.ts'
import {
  exhaust,
  letTimePass,
  makeCodesLong,
  otherThan,
  settledCode,
  signUp,
  signUpActive,
} from '../support/sign-up.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

describe('POST /users/resend-code', () => {
  it('answers 202 and mails a new code; the old one is a wrong guess from then on', async () => {
    const { id, email, code } = await signUp(app)
    await letTimePass(app, 31)
    await makeCodesLong(app)
    const sent = await client.resend(email)
    assert.equal(sent.status, 202)
    assert.deepEqual(sent.body, { message: 'A new code is on its way', retry_after: 30 })

    const newCode = await settledCode(app, email, 2)
    assertProblem(await client.activate(email, code), 'wrong_code', { attempts_left: 2 })
    assert.equal((await client.activate(email, newCode)).status, 200)
    assert.equal((await client.me(email)).body.id, id)
  })

  it('answers 429 rate_limited with Retry-After within 30 seconds of the last mail, whose code stays live', async () => {
    const { email, code } = await signUp(app)
    const early = await client.resend(email)
    assertProblem(early, 'rate_limited')
    assert.ok(retryAfter(early) <= 30)
    await letTimePass(app, 15)
    const later = await client.resend(email)
    assertProblem(later, 'rate_limited')
    assert.ok(retryAfter(later) <= 15)
    assert.equal((await client.activate(email, code)).status, 200)
  })

  it('answers with retry_after 30, and after the fifth mail of an hour with the rest of that hour', async () => {
    const { email } = await signUp(app)
    for (let nth = 2; nth <= 5; nth += 1) {
      await letTimePass(app, 60)
      const sent = await client.resend(email)
      assert.equal(sent.status, 202)
      assert.ok(nth < 5 ? sent.body.retry_after === 30 : Number(sent.body.retry_after) > 3000)
    }
  })

  it('brings three new guesses and a new minute', async () => {
    const person = await signUp(app)
    await exhaust(app, person)
    await letTimePass(app, 61)
    assert.equal((await client.resend(person.email)).status, 202)
    const code = await settledCode(app, person.email, 2)
    assertProblem(await client.activate(person.email, otherThan(code)), 'wrong_code', { attempts_left: 2 })
    assert.equal((await client.activate(person.email, code)).status, 200)
  })

  it('answers 409 already_active for an active account', async () => {
    const { email } = await signUpActive(app)
    assertProblem(await client.resend(email), 'already_active')
    await letTimePass(app, 31)
    assertProblem(await client.resend(email), 'already_active')
  })

  it('takes no body or an empty object, and answers 422 validation_failed to any field', async () => {
    const { email } = await signUp(app)
    await letTimePass(app, 31)
    const headers = { authorization: basicAuth(email) }
    assertInvalid(
      await client.ask('POST', '/users/resend-code', { headers, body: { 'a/b~c': 1 } }),
      '/a~1b~0c unknown_field',
    )
    assert.equal((await client.ask('POST', '/users/resend-code', { headers, body: {} })).status, 202)
  })
})
