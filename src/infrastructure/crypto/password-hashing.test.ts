import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { refuse } from '../../domain/refusals.ts'
import type { Admit, Urgency } from './hash-admission.ts'
import { createPasswordHashing } from './password-hashing.ts'

const PASSWORD = 'Correct-Horse-7'
const CHEAP = { memoryKib: 8, passes: 1 }

/** Admits everything, and writes down how urgent it was. */
const openDoor = () => {
  const admitted: Urgency[] = []
  const admit: Admit = async (urgency, work) => {
    admitted.push(urgency)
    return { ok: true, value: await work() }
  }
  return { admitted, admit }
}

type Hashing = Awaited<ReturnType<typeof createPasswordHashing>>

const hashed = async ({ hashPassword }: Hashing, password: string): Promise<string> => {
  const outcome = await hashPassword(password)
  assert.ok(outcome.ok)
  return outcome.phc
}

describe('password hashing', () => {
  let hashing: Hashing
  before(async () => {
    hashing = await createPasswordHashing(openDoor().admit, CHEAP)
  })

  it('makes PHC strings of Argon2id with the parameters it was given', async () => {
    const costly = await createPasswordHashing(openDoor().admit, { memoryKib: 64, passes: 3 })
    assert.match(await hashed(costly, PASSWORD), /^\$argon2id\$v=19\$m=64,t=3,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  })

  it('salts: no two hashes of a password are alike', async () => {
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
    it(`${matches ? 'takes' : 'rejects'} ${what}`, async () => {
      assert.deepEqual(await hashing.verifyPassword(typed, await hashed(hashing, set)), {
        ok: true,
        matches,
        outdated: false,
      })
    })
  }

  it('verifies a hash that was made with other parameters', async () => {
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

  it('lets verifying go before hashing', async () => {
    const { admitted, admit } = openDoor()
    const door = await createPasswordHashing(admit, CHEAP)
    await door.verifyPassword(PASSWORD, await hashed(door, PASSWORD))
    assert.deepEqual(admitted, ['later', 'first'])
  })

  it('refuses to hash and to verify, known user or not, when too many wait', async () => {
    const overloaded = refuse({ refusal: 'overloaded', retryAfterSeconds: 3 })
    const { hashPassword, verifyPassword } = await createPasswordHashing(async () => overloaded, CHEAP)
    assert.deepEqual(await hashPassword(PASSWORD), overloaded)
    assert.deepEqual(await verifyPassword(PASSWORD, undefined), overloaded)
    assert.deepEqual(await verifyPassword(PASSWORD, '$argon2id$'), overloaded)
  })
})
