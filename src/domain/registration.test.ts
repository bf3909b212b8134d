import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeRegistration } from './registration.ts'

const named = (typed: { email: string | undefined; password: string | undefined }): string[] => {
  const judged = judgeRegistration(typed)
  return judged.ok ? ['ok'] : judged.violations.map(({ pointer, rule }) => `${pointer} ${rule}`)
}

describe('the judgement of a registration', () => {
  it('gives the canonical address, and the password as it was typed', () => {
    assert.deepEqual(judgeRegistration({ email: ' Ada@Example.com', password: ' Correct-Horse-7 ' }), {
      ok: true,
      email: 'ada@example.com',
      password: ' Correct-Horse-7 ',
    })
  })

  it('names every broken rule of both fields', () => {
    assert.deepEqual(named({ email: 'a:b@localhost', password: 'xqzv' }), [
      '/email email_colon',
      '/email email_domain',
      '/password password_too_short',
      '/password password_upper_case',
      '/password password_special',
    ])
  })

  it('compares the password with the canonical address: password_is_email', () => {
    assert.deepEqual(named({ email: 'ADA@example.com', password: 'Ada@Example.com' }), [
      '/password password_is_email',
    ])
  })

  it('blames an unusable address alone when the password is good', () => {
    assert.deepEqual(named({ email: 'ada', password: 'Correct-Horse' }), ['/email email_syntax'])
  })

  it('lists nothing about a missing field, and takes no registration without it', () => {
    assert.deepEqual(named({ email: 'ada@example.com', password: undefined }), [])
    assert.deepEqual(named({ email: undefined, password: 'xqzv' }).length, 3)
    assert.deepEqual(named({ email: undefined, password: undefined }), [])
  })
})
