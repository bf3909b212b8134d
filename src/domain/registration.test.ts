import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeRegistration } from './registration.ts'

const named = (typed: { email: string | undefined; password: string | undefined }): string[] => {
  const judged = judgeRegistration(typed)
  return judged.ok ? ['ok'] : judged.violations.map(({ pointer, rule }) => `${pointer} ${rule}`)
}

describe('judgeRegistration', () => {
  it('returns the canonical address and the password as it was typed', () => {
    assert.deepEqual(judgeRegistration({ email: ' Ada@Example.com', password: ' Correct-Horse-7 ' }), {
      ok: true,
      email: 'ada@example.com',
      password: ' Correct-Horse-7 ',
    })
  })

  it('names everything that is wrong with both fields', () => {
    assert.deepEqual(named({ email: 'a:b@localhost', password: 'xqzv' }), [
      '/email email_colon',
      '/email email_domain',
      '/password password_too_short',
      '/password password_upper_case',
      '/password password_special',
    ])
  })

  it('holds the password against the canonical address', () => {
    assert.deepEqual(named({ email: 'ADA@example.com', password: 'Ada@Example.com' }), [
      '/password password_is_email',
    ])
  })

  it('judges the password although the address is unusable', () => {
    assert.deepEqual(named({ email: 'ada', password: 'Correct-Horse' }), ['/email email_syntax'])
  })

  it('is silent about a missing field, yet does not accept it', () => {
    assert.deepEqual(named({ email: 'ada@example.com', password: undefined }), [])
    assert.deepEqual(named({ email: undefined, password: 'xqzv' }).length, 3)
    assert.deepEqual(named({ email: undefined, password: undefined }), [])
  })
})
