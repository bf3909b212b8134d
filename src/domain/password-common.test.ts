import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokenPasswordRules, PASSWORD_PATTERNS } from './password.ts'

describe('brokenPasswordRules', () => {
  it('refuses a common word, whatever surrounds it, and says so', () => {
    assert.deepEqual(brokenPasswordRules('Password-2024'), [
      {
        rule: 'password_common',
        detail: 'must not be one of the most common passwords, whatever digits and signs surround it',
      },
    ])
  })

  it('looks for a common word in as many characters as a password may have, and in no more', () => {
    // With its signs left aside it is the word itself.
    const hidden = (length: number) => `Pass${'-'.repeat(length - 8)}word`
    const rules = (password: string) => brokenPasswordRules(password).map(({ rule }) => rule)
    assert.deepEqual(rules(hidden(127)), ['password_common'])
    assert.deepEqual(rules(hidden(128)), ['password_common'])
    assert.deepEqual(rules(hidden(129)), ['password_too_long'])
    assert.deepEqual(rules(`Pass${'😀'.repeat(120)}word`), ['password_common'], 'counted in code points')
  })

  it('says in words what to do about each rule', () => {
    for (const { rule, detail } of PASSWORD_PATTERNS) assert.match(detail, /^must /, rule)
    assert.match(
      brokenPasswordRules('Ada@Example.com', 'ada@example.com')[0]?.detail ?? '',
      /^must not be the e-mail/,
    )
  })
})
