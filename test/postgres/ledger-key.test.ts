import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { seal } from '../../src/infrastructure/crypto/sealing.ts'
import { provideLedgerKey } from '../../src/infrastructure/postgres/ledger-key.ts'
import { type Bench, startBench } from '../support/fixtures.ts'

const FIRST = 'the-first-secret-key-of-some-32-bytes'
const SECOND = 'the-second-secret-key-of-some-32-bytes'
const THIRD = 'the-third-secret-key-of-some-32-bytes'

describe('provideLedgerKey', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench({ poolMax: 16 })
  })
  after(() => bench.close())
  afterEach(() => bench.rows('delete from ledger_key'))

  const provide = (secretKey: string, previous?: string) =>
    provideLedgerKey(bench.database, secretKey, previous)
  const sealed = async (): Promise<Buffer> => {
    const [row, ...more] = await bench.rows<{ sealed: Buffer }>('select sealed from ledger_key')
    assert.ok(row)
    assert.deepEqual(more, [])
    return row.sealed
  }
  const store = (value: Buffer) => bench.rows('update ledger_key set sealed = $1', [value])
  const WRONG_KEY = /SECRET_KEY is not the one this database was used with.*SECRET_KEY_PREVIOUS.*docs\//

  it('makes a random key of 32 bytes on a new database, and gives the same one from then on', async () => {
    const key = await provide(FIRST)
    assert.equal(key.length, 32)
    const stored = await sealed()
    assert.deepEqual(await provide(FIRST), key)
    assert.deepEqual(await sealed(), stored)

    await bench.rows('delete from ledger_key')
    assert.notDeepEqual(await provide(FIRST), key)
  })

  it('keeps it in the database only sealed', async () => {
    const key = await provide(FIRST)
    assert.equal((await sealed()).indexOf(key), -1)
    assert.equal((await sealed()).indexOf(FIRST), -1)
  })

  it('gives all of 16 instances that start at once the same key', async () => {
    for (let rounds = 0; rounds < 5; rounds += 1) {
      await bench.rows('delete from ledger_key')
      const keys = await Promise.all(Array.from({ length: 16 }, () => provide(FIRST)))
      assert.deepEqual(keys, Array(16).fill(keys[0]))
    }
  })

  it('keeps the key when SECRET_KEY is rotated, and seals it anew', async () => {
    const key = await provide(FIRST)
    const before = await sealed()
    assert.deepEqual(await provide(SECOND, FIRST), key)
    assert.notDeepEqual(await sealed(), before)
    assert.deepEqual(await provide(SECOND), key, 'the previous key is not needed any more')
    await assert.rejects(provide(FIRST), WRONG_KEY)

    assert.deepEqual(await provide(THIRD, SECOND), key)
    assert.deepEqual(await provide(THIRD), key)
  })

  it('lets instances from before and after a rotation start side by side', async () => {
    const key = await provide(FIRST)
    const both = Array.from({ length: 16 }, (_, nth) =>
      nth % 2 === 0 ? provide(SECOND, FIRST) : provide(FIRST, SECOND),
    )
    for (const provided of await Promise.all(both)) assert.deepEqual(provided, key)
  })

  it('needs no previous key where nothing was rotated, and allows one', async () => {
    const key = await provide(FIRST, THIRD)
    assert.deepEqual(await provide(FIRST, SECOND), key)
    assert.deepEqual(await provide(FIRST), key)
  })

  it('throws when no configured key opens it, and changes nothing', async () => {
    const key = await provide(FIRST)
    const before = await sealed()
    await assert.rejects(provide(SECOND), WRONG_KEY)
    await assert.rejects(provide(SECOND, THIRD), WRONG_KEY)
    assert.deepEqual(await sealed(), before)
    assert.deepEqual(await provide(FIRST), key)
  })

  it('throws without naming either key', async () => {
    await provide(FIRST)
    const error = await provide(SECOND, THIRD).catch(String)
    for (const secret of [FIRST, SECOND, THIRD]) assert.ok(!String(error).includes(secret))
  })

  it('throws when what is stored was tampered with, and changes nothing', async () => {
    await provide(FIRST)
    const whole = await sealed()
    for (const at of [0, 11, 12, 27, 28, whole.length - 1]) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      await store(changed)
      await assert.rejects(provide(FIRST, SECOND), WRONG_KEY, `byte ${at}`)
      assert.deepEqual(await sealed(), changed)
    }
  })

  it('throws when the sealed key of another database was put there under another SECRET_KEY', async () => {
    await provide(FIRST)
    await store(seal(Buffer.alloc(32), SECOND))
    await assert.rejects(provide(FIRST), WRONG_KEY)
  })

  for (const bytes of [0, 1, 12, 27, 28]) {
    it(`throws the same for its first ${bytes} bytes`, async () => {
      await provide(FIRST)
      await store((await sealed()).subarray(0, bytes))
      await assert.rejects(provide(FIRST), WRONG_KEY)
    })
  }
})
