import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { secretFile } from './secret-file.ts'

describe('secretFile', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vestibule-secret-'))
  })
  after(() => rm(root, { recursive: true }))

  const newFolder = async (name: string): Promise<string> => {
    const folder = join(root, name)
    await mkdir(folder)
    return folder
  }

  it('makes a secret of 256 random bits that its owner alone can read, and nothing else', async () => {
    const folder = await newFolder('new')
    const path = join(folder, 'secret')
    const secret = await secretFile(path)
    assert.match(secret, /^[\w-]{43}$/)
    assert.equal(await readFile(path, 'utf8'), secret)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder), ['secret'])
  })

  it('returns the one that is there', async () => {
    const path = join(await newFolder('known'), 'secret')
    await writeFile(path, 'a secret of before')
    assert.equal(await secretFile(path), 'a secret of before')
    const made = join(root, 'made')
    assert.equal(await secretFile(made), await secretFile(made))
  })

  it('makes another one for each file', async () => {
    assert.notEqual(await secretFile(join(root, 'one')), await secretFile(join(root, 'other')))
  })

  // Two containers on one volume may both be process 1: their drafts were one file, which the faster took away
  // from the slower.
  it('agrees on one secret with whoever makes it at the same time', async () => {
    for (let round = 0; round < 20; round += 1) {
      const folder = await newFolder(`race-${round}`)
      const path = join(folder, 'secret')
      const racers = Array.from({ length: 8 }, async (_, place) => {
        for (let step = 0; step < place * round; step += 1) await new Promise(setImmediate)
        return secretFile(path)
      })
      assert.equal(new Set(await Promise.all(racers)).size, 1)
      assert.deepEqual(await readdir(folder), ['secret'])
    }
  })

  it('fails where it cannot write', async () => {
    await assert.rejects(secretFile(join(root, 'nowhere', 'secret')), { code: 'ENOENT' })
  })
})
