import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCommonPassword } from './common-password.ts'

describe('a common password, with digits and signs around it', () => {
  const common = [
    'Password123!',
    'Password-2024',
    'P@ssw0rd1234',
    'P@$$w0rd-123',
    '!!Sunshine1985',
    'Qwerty-12345',
    'Qwerty123456!',
    'LETMEIN_9999',
    '@Dm1n-123456',
    'Welcome2025!!',
    'M1chael-1987',
  ]
  for (const password of common)
    it(`is found in ${password}`, () => assert.equal(isCommonPassword(password), true))

  const uncommon = [
    'Correct-Horse-7',
    'Tr0ub4dor&3-and-more',
    'Zwölf Boxkämpfer!',
    'Sunshine-1985-0417-33', // its digits carry it
    'x9!Kq-27mZ-pT',
    'Пароль-Длинный-1',
  ]
  for (const password of uncommon)
    it(`is not found in ${password}`, () => assert.equal(isCommonPassword(password), false))
})
