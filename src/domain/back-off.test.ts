import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { backOffSeconds } from './back-off.ts'

const anAttempt = fc.integer({ min: 1, max: 100_000 })
const aRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the wait before a retry', () => {
  it('doubles from 1 second to 300', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(attempt => backOffSeconds(attempt, 0))
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  })

  it('is shortened at random, by a half at most', () => {
    fc.assert(
      fc.property(anAttempt, aRandom, (attempt, random) => {
        const full = backOffSeconds(attempt, 0)
        const wait = backOffSeconds(attempt, random)
        assert.ok(wait >= full / 2 && wait <= full, `${wait} of ${full}`)
      }),
    )
    assert.equal(backOffSeconds(4, 0.5), 6)
  })

  it('is as long as the other side asks for, if that is longer', () => {
    assert.equal(backOffSeconds(1, 0, 77), 77)
    assert.equal(backOffSeconds(8, 0, 77), 128)
    assert.equal(backOffSeconds(10, 0, 900), 900)
  })
})
