import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { seal, unseal } from './sealing.ts'

const KEY = 'a-key-for-tests-and-for-nothing-but-tests'
const SECRET = randomBytes(32)
const NONCE_BYTES = 12
const TAG_BYTES = 16

describe('sealing', () => {
  for (const [what, secret] of [
    ['a secret of 32 bytes', SECRET],
    ['one byte', Buffer.from([0])],
    ['nothing at all', Buffer.alloc(0)],
    ['a long text', randomBytes(100_000)],
  ] as const) {
    it(`gives back ${what}`, () => {
      assert.deepEqual(unseal(seal(secret, KEY), KEY), secret)
    })
  }

  it('never seals the same secret twice the same way', () => {
    const [one, other] = [seal(SECRET, KEY), seal(SECRET, KEY)]
    const regions = [
      [0, NONCE_BYTES],
      [NONCE_BYTES, NONCE_BYTES + TAG_BYTES],
      [NONCE_BYTES + TAG_BYTES, undefined],
    ] as const
    for (const [from, to] of regions) assert.notDeepEqual(one.subarray(from, to), other.subarray(from, to))
  })

  it('shows neither the secret nor the key', () => {
    const sealed = seal(SECRET, KEY)
    assert.equal(sealed.length, NONCE_BYTES + TAG_BYTES + SECRET.length)
    assert.equal(sealed.indexOf(SECRET.subarray(0, 4)), -1)
    assert.equal(sealed.indexOf(KEY), -1)
  })

  for (const other of [`${KEY}.`, KEY.slice(0, -1), KEY.toUpperCase(), '']) {
    it(`is not opened by ${JSON.stringify(other)}`, () => {
      assert.equal(unseal(seal(SECRET, KEY), other), undefined)
    })
  }

  it('is not opened when any one bit of it has changed: nonce, tag or ciphertext', () => {
    const sealed = seal(SECRET, KEY)
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(unseal(changed, KEY), undefined, `bit ${bit}`)
    }
    assert.deepEqual(unseal(sealed, KEY), SECRET)
  })

  it('is not opened with something before it, behind it, or in another order', () => {
    const sealed = seal(SECRET, KEY)
    const [nonce, tag] = [
      sealed.subarray(0, NONCE_BYTES),
      sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES),
    ]
    const ciphertext = sealed.subarray(NONCE_BYTES + TAG_BYTES)
    for (const parts of [
      [Buffer.alloc(1), sealed],
      [sealed, Buffer.alloc(1)],
      [sealed, sealed],
      [nonce, ciphertext, tag],
    ]) {
      assert.equal(unseal(Buffer.concat(parts), KEY), undefined)
    }
  })

  it('is not opened when the end is missing', () => {
    const sealed = seal(SECRET, KEY)
    for (let length = NONCE_BYTES + TAG_BYTES; length < sealed.length; length += 1) {
      assert.equal(unseal(sealed.subarray(0, length), KEY), undefined, `${length} bytes`)
    }
  })

  it('is not opened when not even nonce and tag are whole', () => {
    const sealed = seal(SECRET, KEY)
    for (let length = 0; length < NONCE_BYTES + TAG_BYTES; length += 1) {
      assert.equal(unseal(sealed.subarray(0, length), KEY), undefined, `${length} bytes`)
    }
  })
})
