import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type Algorithm, hash } from '@node-rs/argon2'
import { CHEAP, type Hashing, hashed, openDoor } from '../../../test/support/hashing.ts'
import { createPasswordHashing } from './password-hashing.ts'

const PASSWORD = 'Correct-Horse-7'
/** The package exports its algorithms as a const enum, which type stripping cannot reach. */
const ARGON2ID = 2 as Algorithm.Argon2id

/** A stored string with a piece of it replaced. */
const withPart = (phc: string, part: RegExp, instead: string): string => {
  assert.match(phc, part)
  return phc.replace(part, instead)
}

describe('verifying what is stored', () => {
  let hashing: Hashing
  let phc: string
  const { admitted, admit } = openDoor()
  before(async () => {
    hashing = await createPasswordHashing(admit, CHEAP)
    phc = await hashed(hashing, PASSWORD)
  })

  /** Checks that the right password does not match it, after the work of one verification. */
  const matchesNothing = async (stored: string): Promise<void> => {
    admitted.length = 0
    assert.deepEqual(await hashing.verifyPassword(PASSWORD, stored), NO_MATCH)
    assert.deepEqual(admitted, ['first'])
  }
  const NO_MATCH = { ok: true, matches: false, outdated: false }

  for (const [what, memoryCost, timeCost] of [
    ['more memory than 256 MiB', 262_145, 1],
    ['more than 16 passes', 8, 17],
  ] as const) {
    it(`matches nothing that needs ${what}, which it does not try`, async () => {
      const options = { algorithm: ARGON2ID, memoryCost, timeCost, parallelism: 1 }
      await matchesNothing(await hash(PASSWORD, options))
    })
  }

  for (const cost of [
    'm=4294967295,t=1',
    'm=8,t=4294967295',
    'm=9999999,t=999',
    `m=${'9'.repeat(400)},t=1`,
    'm=-8,t=1',
    'm=8e0,t=1',
  ]) {
    it(`matches nothing that needs ${cost.slice(0, 20)}, which it does not try`, async () => {
      await matchesNothing(withPart(phc, /m=8,t=1/, cost))
    })
  }

  it('matches what needs as much as this process was told to do, even if that is more', async () => {
    const patient = await createPasswordHashing(admit, { memoryKib: 8, passes: 20 })
    const costly = await hashed(patient, PASSWORD)
    assert.deepEqual(await patient.verifyPassword(PASSWORD, costly), { ...NO_MATCH, matches: true })
    await matchesNothing(costly)
  })

  const others: [algorithm: string, code: number][] = [
    ['Argon2d', 0],
    ['Argon2i', 1],
  ]
  for (const [algorithm, code] of others) {
    it(`matches nothing with a hash of ${algorithm}`, async () => {
      const options = { algorithm: code, memoryCost: 8, timeCost: 1, parallelism: 1 }
      await matchesNothing(await hash(PASSWORD, options))
    })
  }

  it('matches nothing with a hash of two lanes', async () => {
    const options = { algorithm: ARGON2ID, memoryCost: 16, timeCost: 1, parallelism: 2 }
    const lanes = await hash(PASSWORD, options)
    assert.match(lanes, /,p=2\$/)
    await matchesNothing(lanes)
  })

  it('matches nothing with a hash of an older version', async () => {
    const options = { algorithm: ARGON2ID, memoryCost: 8, timeCost: 1, parallelism: 1, version: 0 }
    const older = await hash(PASSWORD, options)
    assert.match(older, /\$v=16\$/)
    await matchesNothing(older)
  })

  const strange: [what: string, stored: () => string][] = [
    ['an empty string', () => ''],
    ['the password itself', () => PASSWORD],
    ['a bcrypt hash', () => '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'],
    ['the beginning of a hash', () => phc.slice(0, 30)],
    ['a hash without its last part', () => withPart(phc, /\$[^$]*$/, '')],
    ['a hash without a version', () => withPart(phc, /v=19\$/, '')],
    ['a hash with a line break behind it', () => `${phc}\n`],
    ['a hash with something before it', () => ` ${phc}`],
    ['two hashes', () => phc + phc],
    ['a hash in capitals', () => phc.toUpperCase()],
    ['a hash with a key id', () => withPart(phc, /,p=1/, ',p=1,keyid=AAAA')],
    ['a very long hash', () => phc + 'A'.repeat(100_000)],
  ]
  for (const [what, stored] of strange) {
    it(`matches nothing with ${what}`, () => matchesNothing(stored()))
  }

  // The parser of the package rejects these by throwing.
  const malformed: [what: string, part: RegExp, instead: string][] = [
    ['no memory', /m=8/, 'm=0'],
    ['less memory than one lane needs', /m=8/, 'm=7'],
    ['no passes', /t=1/, 't=0'],
    ['a number with a leading zero', /m=8/, 'm=08'],
    ['a salt that is not base64', /\$[^$]{22}(\$[^$]*)$/, '$AAAAAAAAAAAAA$1'],
    ['a salt with bits left over', /\$[^$]{22}(\$[^$]*)$/, '$AAAAAAAAAAB$1'],
    ['a hash that is not base64', /[^$]*$/, 'A'.repeat(25)],
  ]
  for (const [what, part, instead] of malformed) {
    it(`matches nothing with a hash with ${what}`, () => matchesNothing(withPart(phc, part, instead)))
  }
})
