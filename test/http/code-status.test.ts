import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { HandOverResult } from '../../src/application/outbox.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { assertProblem } from '../support/problems.ts'
import { exhaust, letTimePass, makeCodesLong, otherThan, signUp, signUpActive } from '../support/sign-up.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }

describe('GET /users/me/code', { timeout: 60_000 }, () => {
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app.stop())

  const status = (email: string, password = PASSWORD) =>
    createClient(app.url).ask('GET', '/users/me/code', {
      headers: { authorization: basicAuth(email, password) },
    })

  it('answers 200 with length, attempts_left, expires_in and resend_in, the last two in seconds', async () => {
    const { email } = await signUp(app)
    const { status: code, body, headers } = await status(email)
    assert.equal(code, 200)
    assert.equal(headers.get('cache-control'), 'no-store')
    const { expires_in, resend_in, ...rest } = body
    assert.deepEqual(rest, { length: 4, attempts_left: 3 })
    assert.ok(Number(expires_in) > 30 && Number(expires_in) <= 60, `${expires_in}`)
    assert.ok(Number(resend_in) > 0 && Number(resend_in) <= 30, `${resend_in}`)
  })

  it('answers expires_in null until the mail service has accepted the mail', async () => {
    const accepted = Promise.withResolvers<HandOverResult>()
    app.mail.behave(() => accepted.promise)
    const email = newAddress()
    await createClient(app.url).register(email)
    const { body } = await status(email)
    assert.deepEqual([body.expires_in, body.attempts_left], [null, 3])
    accepted.resolve(ACCEPTED)
    app.mail.behave(async () => ACCEPTED)
  })

  it('answers attempts_left 2 after one wrong guess, and 0 after three', async () => {
    const person = await signUp(app)
    await createClient(app.url).activate(person.email, otherThan(person.code))
    assert.equal((await status(person.email)).body.attempts_left, 2)
    const other = await signUp(app)
    await exhaust(app, other)
    assert.equal((await status(other.email)).body.attempts_left, 0)
  })

  it('answers expires_in 0 once the code has expired, and resend_in 0 when a new one may be asked for', async () => {
    const { email } = await signUp(app)
    await letTimePass(app, 61)
    const { body } = await status(email)
    assert.deepEqual([body.expires_in, body.resend_in], [0, 0])
  })

  it('answers expires_in null and attempts_left 0 once the mail was given up', async () => {
    app.mail.behave(async () => ({ result: 'failed', failure: 'refused', reason: 'smtp 550 to RCPT TO' }))
    const email = newAddress()
    const registered = await createClient(app.url).register(email)
    const correlation = registered.headers.get('x-correlation-id')
    await app.logLine({ msg: 'mail given up', correlation_id: correlation })
    app.mail.behave(async () => ACCEPTED)
    const { body } = await status(email)
    assert.deepEqual([body.expires_in, body.attempts_left], [null, 0])
  })

  it('answers length 8 for a code of 8 digits', async () => {
    const { email } = await signUp(app)
    await letTimePass(app, 61)
    await makeCodesLong(app)
    await createClient(app.url).resend(email)
    assert.equal((await status(email)).body.length, 8)
  })

  it('answers 409 already_active for an active account', async () => {
    const { email } = await signUpActive(app)
    assertProblem(await status(email), 'already_active')
  })

  it('answers 401 invalid_credentials to a wrong password, an unknown address and no credentials', async () => {
    const { email } = await signUp(app)
    assertProblem(await status(email, 'Wrong-Horse-99'), 'invalid_credentials')
    assertProblem(await status(newAddress()), 'invalid_credentials')
    assertProblem(await createClient(app.url).ask('GET', '/users/me/code'), 'invalid_credentials')
  })
})
