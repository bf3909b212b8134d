import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCommonPassword } from './common-password.ts'

describe('isCommonPassword', () => {
  const common: [dress: string, password: string][] = [
    ['@ for a', 'Dr@gon-2024'],
    ['4 for a', 'Dr4gon-2024'],
    ['3 for e', 'Mast3r-2024'],
    ['1 for i', 'Dan1el-2024'],
    ['0 for o', 'Shad0w-2024'],
    ['$ for s', 'Mu$tang-2024'],
    ['5 for s', 'Mu5tang-2024'],
    ['7 for t', 'Mus7ang-2024'],
    ['a replaced first letter behind other signs', '!!@dm1n-'],
    ['signs that could be letters, as decoration in front', '@9@Sunshine'],
    ['signs that could be letters, as decoration behind', 'Sunshine@9@'],
    ['eight digits and signs, which is the most there may be', 'Sunshine@9@9@9@9'],
    ['signs within a word that begins with a digit', '1Q2w-3e4r-5t!'],
    ['decoration behind a word with digits within', 'Nwo4life@9@'],
  ]
  for (const [dress, password] of common) {
    it(`knows a common word with ${dress}`, () => assert.equal(isCommonPassword(password), true, password))
  }

  it('lets a word with nine digits and signs around it pass', () => {
    assert.equal(isCommonPassword('Sunshine@9@9@9@9@'), false)
  })

  it('joins no parts of a word that signs keep apart, while there are digits behind it', () => {
    assert.equal(isCommonPassword('Sun-Shine99@'), false)
  })
})
