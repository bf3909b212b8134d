import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CODE_FORMAT, CODE_LENGTHS, GUESSES_PER_CODE } from './activation-code.ts'

describe('the length of a code', () => {
  it('leaves a stranger a chance of at most 0.15 % a year to guess right, however many codes are tried', () => {
    // A code that was sent one guess before the next row still takes all of its guesses at the old length.
    const chances = CODE_LENGTHS.map(({ fromWrongGuesses, digits }, row) => {
      const next = CODE_LENGTHS[row + 1]
      // Beyond the last row only the budget of 10 mails a day bounds the guesses.
      const guesses = next
        ? next.fromWrongGuesses - 1 + GUESSES_PER_CODE - fromWrongGuesses
        : 365 * 10 * GUESSES_PER_CODE
      return guesses / 10 ** digits
    })
    const total = chances.reduce((sum, chance) => sum + chance)
    assert.ok(total <= 0.0015, `${total}`)
  })
})

describe('the form of a code, which is 4, 6 or 8 ASCII digits', () => {
  const format = new RegExp(CODE_FORMAT)

  for (const code of ['0000', '1234', '123456', '00000000']) {
    it(`takes ${code}`, () => assert.match(code, format))
  }

  for (const code of [
    '',
    '123',
    '12345',
    '1234567',
    '123456789',
    ' 1234',
    '1234\n',
    '0x12',
    '-123',
    '12.4',
    '١٢٣٤',
    '１２３４',
  ]) {
    it(`refuses ${JSON.stringify(code)}`, () => assert.doesNotMatch(code, format))
  }
})
