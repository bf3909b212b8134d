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

  it('tells how long the code is, how many guesses and seconds it has, and when a new one may be asked for', async () => {
    const { email } = await signUp(app)
    const { status: code, body, headers } = await status(email)
    assert.equal(code, 200)
    assert.equal(headers.get('cache-control'), 'no-store')
    const { expires_in, resend_in, ...rest } = body
    assert.deepEqual(rest, { length: 4, attempts_left: 3 })
    assert.ok(Number(expires_in) > 30 && Number(expires_in) <= 60, `${expires_in}`)
    assert.ok(Number(resend_in) > 0 && Number(resend_in) <= 30, `${resend_in}`)
  })

  it('tells that its minute has not begun while the mail service has not accepted the mail', async () => {
    const accepted = Promise.withResolvers<HandOverResult>()
    app.mail.behave(() => accepted.promise)
    const email = newAddress()
    await createClient(app.url).register(email)
    const { body } = await status(email)
    assert.deepEqual([body.expires_in, body.attempts_left], [null, 3])
    accepted.resolve(ACCEPTED)
    app.mail.behave(async () => ACCEPTED)
  })

  it('follows wrong guesses down to none', async () => {
    const person = await signUp(app)
    await createClient(app.url).activate(person.email, otherThan(person.code))
    assert.equal((await status(person.email)).body.attempts_left, 2)
    const other = await signUp(app)
    await exhaust(app, other)
    assert.equal((await status(other.email)).body.attempts_left, 0)
  })

  it('says 0 seconds when the code has run out, and when a new one may be asked for at once', async () => {
    const { email } = await signUp(app)
    await letTimePass(app, 61)
    const { body } = await status(email)
    assert.deepEqual([body.expires_in, body.resend_in], [0, 0])
  })

  it('says that a code whose mail was given up is dead', async () => {
    app.mail.behave(async () => ({ result: 'failed', failure: 'refused', reason: 'smtp 550 to RCPT TO' }))
    const email = newAddress()
    const registered = await createClient(app.url).register(email)
    const correlation = registered.headers.get('x-correlation-id')
    await app.logLine({ msg: 'mail given up', correlation_id: correlation })
    app.mail.behave(async () => ACCEPTED)
    const { body } = await status(email)
    assert.deepEqual([body.expires_in, body.attempts_left], [null, 0])
  })

  it('knows longer codes', async () => {
    const { email } = await signUp(app)
    await letTimePass(app, 61)
    await makeCodesLong(app)
    await createClient(app.url).resend(email)
    assert.equal((await status(email)).body.length, 8)
  })

  it('answers already_active when there is nothing left to count down', async () => {
    const { email } = await signUpActive(app)
    assertProblem(await status(email), 'already_active')
  })

  it('is for the owner alone', async () => {
    const { email } = await signUp(app)
    assertProblem(await status(email, 'Wrong-Horse-99'), 'invalid_credentials')
    assertProblem(await status(newAddress()), 'invalid_credentials')
    assertProblem(await createClient(app.url).ask('GET', '/users/me/code'), 'invalid_credentials')
  })
})
