import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { CHEAP, type Hashing, hashed, openDoor } from '../../../test/support/hashing.ts'
import { refuse } from '../../domain/refusals.ts'
import { createPasswordHashing } from './password-hashing.ts'

const PASSWORD = 'Correct-Horse-7'

describe('password hashing', () => {
  let hashing: Hashing
  before(async () => {
    hashing = await createPasswordHashing(openDoor().admit, CHEAP)
  })

  it('makes PHC strings of Argon2id with the parameters it was given', async () => {
    const costly = await createPasswordHashing(openDoor().admit, { memoryKib: 64, passes: 3 })
    assert.match(await hashed(costly, PASSWORD), /^\$argon2id\$v=19\$m=64,t=3,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  })

  it('makes another hash of the same password each time', async () => {
    assert.notEqual(await hashed(hashing, PASSWORD), await hashed(hashing, PASSWORD))
  })

  const pairs: [what: string, set: string, typed: string, matches: boolean][] = [
    ['the password', PASSWORD, PASSWORD, true],
    ['another password', PASSWORD, 'Wrong-Horse-7', false],
    ['the password in another case', PASSWORD, PASSWORD.toLowerCase(), false],
    ['an empty password', PASSWORD, '', false],
    ['the decomposed form of a composed one', 'Caf\u00e9-Horse-77', 'Cafe\u0301-Horse-77', true],
    ['the composed form of a decomposed one', 'Cafe\u0301-Horse-77', 'Caf\u00e9-Horse-77', true],
    ['one that differs after the 128th character', `${'a'.repeat(128)}b`, `${'a'.repeat(128)}c`, false],
    ['one that ends where the other has a NUL', 'Correct\0Horse', 'Correct', false],
  ]
  for (const [what, set, typed, matches] of pairs) {
    it(`${matches ? 'matches' : 'does not match'} ${what}`, async () => {
      assert.deepEqual(await hashing.verifyPassword(typed, await hashed(hashing, set)), {
        ok: true,
        matches,
        outdated: false,
      })
    })
  }

  it('matches a hash that was made with other parameters, and calls it outdated', async () => {
    const costly = await createPasswordHashing(openDoor().admit, { memoryKib: 64, passes: 3 })
    const outcome = await hashing.verifyPassword(PASSWORD, await hashed(costly, PASSWORD))
    assert.deepEqual(outcome, { ok: true, matches: true, outdated: true })
  })

  it('does the work of a verification for an unknown user, and never matches', async () => {
    const { admitted, admit } = openDoor()
    const { verifyPassword } = await createPasswordHashing(admit, CHEAP)
    for (const password of [PASSWORD, '']) {
      assert.deepEqual(await verifyPassword(password, undefined), {
        ok: true,
        matches: false,
        outdated: false,
      })
    }
    assert.deepEqual(admitted, ['first', 'first'])
  })

  it('verifies before it hashes', async () => {
    const { admitted, admit } = openDoor()
    const door = await createPasswordHashing(admit, CHEAP)
    await door.verifyPassword(PASSWORD, await hashed(door, PASSWORD))
    assert.deepEqual(admitted, ['later', 'first'])
  })

  it('is overloaded for hashing and verifying, known user or not, when too many wait', async () => {
    const overloaded = refuse({ refusal: 'overloaded', retryAfterSeconds: 3 })
    const { hashPassword, verifyPassword } = await createPasswordHashing(async () => overloaded, CHEAP)
    assert.deepEqual(await hashPassword(PASSWORD), overloaded)
    assert.deepEqual(await verifyPassword(PASSWORD, undefined), overloaded)
    assert.deepEqual(await verifyPassword(PASSWORD, '$argon2id$'), overloaded)
  })
})
