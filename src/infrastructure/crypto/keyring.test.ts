import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CODE_FORMAT, CODE_LENGTHS } from '../../domain/activation-code.ts'
import { addressHash, createKeyring, sameCode } from './keyring.ts'

const KEY = 'a-key-for-tests-and-for-nothing-but-tests'
const NEXT_KEY = 'the-key-that-comes-after-it-in-a-rotation'

describe('keyring', () => {
  it('names the key in a code id, before 128 random bits', () => {
    const keyring = createKeyring(KEY)
    const ids = Array.from({ length: 1000 }, keyring.newCodeId)
    assert.equal(new Set(ids).size, 1000)
    assert.equal(new Set(ids.map(id => id.split('.')[0])).size, 1)
    for (const id of ids) assert.match(id, /^[\w-]{8}\.[\w-]{22}$/)
    assert.ok(!ids.some(id => id.includes(KEY)))
  })

  it('derives the same code from the same id, on every instance', () => {
    const id = createKeyring(KEY).newCodeId()
    assert.equal(createKeyring(KEY).deriveCode(id, 6), createKeyring(KEY).deriveCode(id, 6))
  })

  // Computed by another program: what changes them kills every code in flight and forgets every ledger.
  it('derives the codes and hashes of addresses that earlier versions did', () => {
    const keyring = createKeyring(KEY)
    const id = '-XAE4pMj.AAAAAAAAAAAAAAAAAAAAAA'
    assert.deepEqual(
      [4, 6, 8].map(length => keyring.deriveCode(id, length)),
      ['2554', '572554', '56572554'],
    )
    assert.equal(
      addressHash(Buffer.from(KEY))('ada@example.com').toString('hex'),
      'ce9d397665f7c68407ef9449d2ccf6f2b79311b7f8f53b7df2f2507cf734b07d',
    )
  })

  for (const { digits } of CODE_LENGTHS) {
    it(`derives ${digits} digits that any value can stand in`, () => {
      const keyring = createKeyring(KEY)
      const codes = Array.from({ length: 1000 }, () => keyring.deriveCode(keyring.newCodeId(), digits) ?? '')
      for (const code of codes) {
        assert.match(code, new RegExp(CODE_FORMAT))
        assert.equal(code.length, digits)
      }
      // In 1000 codes, a digit is missing from a place with a chance of 0.9^1000.
      for (let place = 0; place < digits; place += 1) {
        assert.equal(new Set(codes.map(code => code[place])).size, 10)
      }
    })
  }

  it('still derives the codes of the key before a rotation, and new ones from the new key', () => {
    const before = createKeyring(KEY)
    const after = createKeyring(NEXT_KEY, KEY)
    const old = before.newCodeId()
    assert.equal(after.deriveCode(old, 8), before.deriveCode(old, 8))

    const fresh = after.newCodeId()
    assert.equal(after.deriveCode(fresh, 8), createKeyring(NEXT_KEY).deriveCode(fresh, 8))
    assert.equal(before.deriveCode(fresh, 8), undefined)
  })

  it('derives nothing from an id whose key is gone, or that is no id', () => {
    const keyring = createKeyring(NEXT_KEY)
    for (const id of [createKeyring(KEY).newCodeId(), '', '.', 'nonsense', keyring.newCodeId().slice(0, 8)]) {
      assert.equal(keyring.deriveCode(id, 4), undefined)
    }
  })

  it('hashes an address so that only holders of the key can find it', () => {
    const hashes = [
      addressHash(Buffer.from(KEY))('ada@example.com'),
      addressHash(Buffer.from(KEY))('bob@example.com'),
      addressHash(Buffer.from(NEXT_KEY))('ada@example.com'),
    ].map(hash => hash.toString('hex'))
    assert.equal(new Set(hashes).size, 3)
    for (const hash of hashes) assert.match(hash, /^[0-9a-f]{64}$/)
  })
})

describe('sameCode', () => {
  it('is true for equal codes, and for no others', () => {
    const code = fc.stringMatching(new RegExp(CODE_FORMAT))
    fc.assert(
      fc.property(code, code, (one, other) => {
        assert.equal(sameCode(one, one), true)
        assert.equal(sameCode(one, other), one === other)
      }),
    )
    for (const [one, other] of [
      ['0042', '42'],
      ['1234', '123456'],
      ['1234', '1235'],
      ['', '0'],
    ] as const) {
      assert.equal(sameCode(one, other), false)
    }
  })
})
