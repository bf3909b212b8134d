import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../test/support/any-text.ts'
import { brokenPasswordRules, normalisePassword } from './password.ts'

const rulesBrokenBy = (password: string, email?: string): string[] =>
  brokenPasswordRules(password, email).map(({ rule }) => rule)

const COMPOSED = 'Éclair-au-caf\u00e9'
const DECOMPOSED = 'E\u0301clair-au-cafe\u0301'

describe('the rules for passwords', () => {
  const accepted: [what: string, password: string][] = [
    ['12 characters of the three kinds', 'Abcdefghijk-'],
    ['128 characters', `A-${'b'.repeat(126)}`],
    ['128 code points outside the BMP', `Aa${'😀'.repeat(126)}`],
    ['spaces', ' Correct horse '],
    ['emoji as special characters', 'Correcthorse🐎'],
    ['letters of other scripts', 'Пароль-пароль'],
    ['colons', 'Correct:horse:7'],
  ]
  for (const [what, password] of accepted) {
    it(`take ${what}`, () => assert.deepEqual(rulesBrokenBy(password), []))
  }

  const refused: [what: string, password: string, rules: string[]][] = [
    ['11 characters', 'Abcdefghij-', ['password_too_short']],
    ['129 characters', `A-${'b'.repeat(127)}`, ['password_too_long']],
    // Nobody looks for a common word in it: that would take time with the square of its length.
    ['129 characters around a common word', `${'-'.repeat(121)}Password`, ['password_too_long']],
    ['12 UTF-16 units that are 11 characters', 'Abcdefghij😀', ['password_too_short']],
    ['12 code points that NFC makes 11', `Abcdefghi-e\u0301`, ['password_too_short']],
    ['no upper-case letter', 'correct-horse-7', ['password_upper_case']],
    ['no lower-case letter', 'CORRECT-HORSE-7', ['password_lower_case']],
    ['no special character', 'CorrectHorse77', ['password_special']],
    ['a digit of another script as its only special', 'CorrectHorse٣٣', ['password_special']],
    [
      'a control character as its only special',
      'CorrectHorse\t7',
      ['password_special', 'password_control_character'],
    ],
    ['NUL', 'Correct-Horse\0', ['password_control_character']],
    ['a lone surrogate', 'Correct-Horse\ud800', ['password_not_unicode']],
    [
      'digits alone',
      '12345',
      ['password_too_short', 'password_upper_case', 'password_lower_case', 'password_special'],
    ],
    ['nothing', '', ['password_too_short', 'password_upper_case', 'password_lower_case', 'password_special']],
  ]
  for (const [what, password, rules] of refused) {
    it(`refuse ${what}: ${rules.join(', ')}`, () => assert.deepEqual(rulesBrokenBy(password), rules))
  }

  it('refuse the address itself, in upper or lower case: password_is_email', () => {
    assert.deepEqual(rulesBrokenBy('Ada@Example.com', 'ada@example.com'), ['password_is_email'])
    assert.deepEqual(rulesBrokenBy('Ada@Example.com'), [])
  })

  it('say of each rule what a password must do', () => {
    for (const { detail } of brokenPasswordRules('\0')) assert.match(detail, /^must /)
  })

  it('judge the composed and the decomposed form of a password alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 20 }), password => {
        assert.deepEqual(
          brokenPasswordRules(password.normalize('NFD')),
          brokenPasswordRules(password.normalize('NFC')),
        )
      }),
    )
  })
})

describe('a password', () => {
  it('is the same in its composed and its decomposed form (NFC)', () => {
    assert.notEqual(COMPOSED, DECOMPOSED)
    assert.equal(normalisePassword(COMPOSED), normalisePassword(DECOMPOSED))
  })

  it('is another one with a ligature, another case or another space', () => {
    for (const [one, other] of [
      ['ﬁ', 'fi'],
      ['A', 'a'],
      ['a ', 'a'],
    ] as const) {
      assert.notEqual(normalisePassword(one), normalisePassword(other))
    }
  })
})
