import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'
import { assertInvalid, assertProblem } from '../support/problems.ts'
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

describe('POST /users/activate', () => {
  it('answers 200 to the right code after two wrong ones, which get 422 wrong_code with attempts_left 2 and 1', async () => {
    const { email, code } = await signUp(app)
    assertProblem(await client.activate(email, otherThan(code)), 'wrong_code', { attempts_left: 2 })
    assertProblem(await client.activate(email, otherThan(code)), 'wrong_code', { attempts_left: 1 })
    const activated = await client.activate(email, code)
    assert.equal(activated.status, 200)
    assert.deepEqual(activated.body, { message: 'Account activated successfully' })
  })

  it('answers 422 exhausted_code to any code after three wrong ones, even the right one', async () => {
    const person = await signUp(app)
    await exhaust(app, person)
    assertProblem(await client.activate(person.email, person.code), 'exhausted_code')
    assertProblem(await client.activate(person.email, otherThan(person.code)), 'exhausted_code')
    assert.equal((await client.me(person.email)).body.is_active, false)
  })

  it('answers 200 within the minute of the code, and 422 expired_code after it', async () => {
    const quick = await signUp(app)
    const slow = await signUp(app)
    await letTimePass(app, 30)
    assert.equal((await client.activate(quick.email, quick.code)).status, 200)
    await letTimePass(app, 30)
    assertProblem(await client.activate(slow.email, slow.code), 'expired_code')
    assertProblem(await client.activate(slow.email, otherThan(slow.code)), 'expired_code')
    assert.equal((await client.me(slow.email)).body.is_active, false)
  })

  it('answers 422 exhausted_code when the code is both exhausted and expired', async () => {
    const person = await signUp(app)
    await exhaust(app, person)
    await letTimePass(app, 61)
    assertProblem(await client.activate(person.email, person.code), 'exhausted_code')
  })

  it('answers 409 already_active once the account is active, whatever the code is', async () => {
    const { email, code } = await signUpActive(app)
    assertProblem(await client.activate(email, code), 'already_active')
    assertProblem(await client.activate(email, otherThan(code)), 'already_active')
  })

  it('answers 422 validation_failed to what cannot be a code, which is no guess, and neither are wrong credentials', async () => {
    const { email, code } = await signUp(app)
    const malformed = ['123', '12345', '1234567', '123456789', '', ' 1234', '1234\n', '0x12', '12e3', '١٢٣٤']
    for (const typed of malformed) {
      assertInvalid(await client.activate(email, typed), '/code code_format')
    }
    for (const typed of [1234, ['1234'], null, true, { code: '1234' }]) {
      assertInvalid(await client.activate(email, typed), '/code type')
    }
    assertInvalid(await client.activate(email, undefined), '/code required')
    for (let guesses = 0; guesses < 4; guesses += 1) {
      assertProblem(await client.activate(email, otherThan(code), 'Another-Horse-8'), 'invalid_credentials')
    }
    assertProblem(await client.activate(email, otherThan(code)), 'wrong_code', { attempts_left: 2 })
  })

  it('answers 422 wrong_code to a well-formed code of another length, which is a guess', async () => {
    const { email, code } = await signUp(app)
    assertProblem(await client.activate(email, `00${code}`), 'wrong_code', { attempts_left: 2 })
    assertProblem(await client.activate(email, `0000${code}`), 'wrong_code', { attempts_left: 1 })
  })

  it('answers 422 wrong_code to the code of somebody else', async () => {
    const [someone, other] = [await signUp(app), await signUp(app)]
    await letTimePass(app, 31)
    await makeCodesLong(app)
    await Promise.all([client.resend(someone.email), client.resend(other.email)])
    const code = await settledCode(app, someone.email, 2)
    await settledCode(app, other.email, 2)
    assertProblem(await client.activate(other.email, code), 'wrong_code', { attempts_left: 2 })
    assert.equal((await client.activate(someone.email, code)).status, 200)
  })

  it('takes codes of 4 digits, and of 6 once 10 wrong guesses were made at the address', async () => {
    const person = await signUp(app)
    let nth = 1
    const sendNext = async () => {
      await letTimePass(app, 1000)
      assert.equal((await client.resend(person.email)).status, 202)
      nth += 1
      return settledCode(app, person.email, nth)
    }
    await exhaust(app, person)
    for (let wrongGuesses = 3; wrongGuesses < 9; wrongGuesses += 3) {
      const code = await sendNext()
      assert.equal(code.length, 4)
      await exhaust(app, { ...person, code })
    }
    const afterNine = await sendNext()
    assert.equal(afterNine.length, 4)
    assertProblem(await client.activate(person.email, otherThan(afterNine)), 'wrong_code', {
      attempts_left: 2,
    })
    const afterTen = await sendNext()
    assert.equal(afterTen.length, 6)
    assert.equal((await client.activate(person.email, afterTen)).status, 200)
  })
})
