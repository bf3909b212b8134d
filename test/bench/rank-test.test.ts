import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quartiles, rankTest } from '../../bench/support/rank-test.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const about = (value: number, expected: number): void =>
  assert.ok(Math.abs(value - expected) <= Math.abs(expected) * 1e-6, `${value} instead of ${expected}`)

describe('rankTest', () => {
  // U and p of scipy.stats.mannwhitneyu 1.17 with method='asymptotic'; the first one is in its documentation.
  const known: [what: string, one: number[], other: number[], u: number, p: number][] = [
    ['values all different', [19, 22, 16, 29, 24], [20, 11, 17, 12], 17, 0.11134688653314041],
    ['a tie', [1, 2, 2], [2, 3], 1, 0.3329216080655659],
    [
      'many ties, unsorted',
      [4.4, 1.1, 5.5, 2.2, 4.4, 2.2, 3.3, 4.4],
      [8.8, 2.2, 4.4, 7.7, 4.4, 6.6, 7.7],
      11,
      0.050747455459524235,
    ],
    ['a clear difference', numbers(30), numbers(30).map(value => value + 9.5), 210, 0.0003988101938466105],
    ['nothing but ties', [1, 1, 1], [1, 1, 1], 4.5, 1],
  ]
  for (const [what, one, other, u, p] of known) {
    it(`agrees with SciPy about ${what}`, () => {
      const test = rankTest(one, other)
      assert.equal(test.u, u)
      about(test.p, p)
      about(test.effect, 1 - u / (one.length * other.length))
    })
  }

  it('says the opposite the other way round', () => {
    const one = [1, 5, 7, 7, 9]
    const other = [2, 5, 5, 10, 11, 12]
    const there = rankTest(one, other)
    const back = rankTest(other, one)
    assert.equal(there.u + back.u, 30)
    about(there.z, -back.z)
    assert.equal(there.p, back.p)
    about(there.effect, 1 - back.effect)
  })

  it('is sure when nothing overlaps', () => {
    const { u, z, p, effect } = rankTest(
      numbers(50),
      numbers(50).map(value => value + 100),
    )
    assert.deepEqual([u, effect], [0, 1])
    assert.ok(z < -8 && p < 1e-15)
  })
})

describe('quartiles', () => {
  it('lie between the values where they have to', () => {
    assert.deepEqual(quartiles([5, 1, 3, 2, 4]), [2, 3, 4])
    assert.deepEqual(quartiles([4, 1, 3, 2]), [1.75, 2.5, 3.25])
    assert.deepEqual(quartiles([7]), [7, 7, 7])
  })
})
