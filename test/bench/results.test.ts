import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isMet, mean, median, quantile, ratios, spread } from '../../bench/support/figures.ts'
import { overloadCurve } from '../../bench/support/overload-curve.ts'
import { formatted, type Result, tableOf, withTable } from '../../bench/support/results.ts'

const result = (figures: Result['figures']): Result => ({
  suite: 'efficiency',
  at: '2026-01-02T03:04:05.000Z',
  quick: false,
  machine: { node: 'v24.0.0', cpu: 'Some CPU', cores: 2, system: 'linux 6' },
  commit: 'abc1234',
  parameters: {},
  figures,
})

describe('figures', () => {
  it('take quantiles, medians and means as they are defined', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n)
    assert.equal(quantile(hundred, 0.5), 50)
    assert.equal(quantile(hundred, 0.99), 99)
    assert.equal(quantile([7], 0.99), 7)
    assert.ok(Number.isNaN(quantile([], 0.5)))
    assert.equal(median([9, 1, 5]), 5)
    assert.equal(median([9, 1, 5, 6]), 5.5)
    assert.ok(Number.isNaN(median([])))
    assert.deepEqual(spread([3, 1, 2]), [1, 3])
    assert.equal(mean([1, 2, 6]), 3)
  })

  it('compare each round with what was measured right before and right after it', () => {
    // The machine became half as fast in the second round.
    assert.deepEqual(ratios([90, 60], [100, 100, 50]), [0.9, 0.8])
  })

  it('go by the median, on the side that is aimed at', () => {
    const values = [0.1, 0.9, 0.95]
    const figure = { name: 'x', unit: '', values }
    assert.equal(isMet({ ...figure, aim: { least: 0.9 } }), true)
    assert.equal(isMet({ ...figure, aim: { least: 0.91 } }), false)
    assert.equal(isMet({ ...figure, aim: { most: 0.9 } }), true)
    assert.equal(isMet({ ...figure, aim: { most: 0.89 } }), false)
    assert.equal(isMet({ ...figure, values: [], aim: { most: 1 } }), false)
    assert.equal(isMet(figure), undefined)
  })
})

describe('tableOf', () => {
  const results = [
    result([
      { name: 'a ratio', unit: '', values: [0.9, 0.8, 0.85], aim: { least: 0.88 } },
      { name: 'a rate', unit: '/s', values: [12_345.6] },
      { name: 'a time', unit: 'ms', values: [1.234, 2], aim: { most: 50 }, aside: true },
    ]),
  ]

  it('says median, spread, aim and whether it is met', () => {
    const table = tableOf(results, 'all')
    assert.match(table, /^\| a ratio \| ≥ 0\.880 \| 0\.850 \(0\.800 – 0\.900\) \| \*\*no\*\* \|$/m)
    assert.match(table, /^\| a rate \| {2}\| 12,346 \/s \| {2}\|$/m)
    assert.match(table, /^\| a time \| ≤ 50\.0 ms \| 1\.62 ms \(1\.23 – 2\.00\) \| yes \|$/m)
    assert.match(table, /2 cores of Some CPU, Node\.js v24\.0\.0, commit abc1234, 2026-01-02/)
  })

  it('leaves asides out where it is told to', () => {
    assert.doesNotMatch(tableOf(results, 'main'), /a time/)
    assert.match(tableOf(results, 'main'), /a rate/)
  })

  it('shows, where it is told to, only figures with an aim, and no suite without one', () => {
    const some = [...results, result([{ name: 'a size', unit: 'MiB', values: [1] }])]
    const table = tableOf(some, 'aimed')
    assert.match(table, /a ratio/)
    assert.doesNotMatch(table, /a rate|a time|a size/)
    assert.equal(table.match(/\*\*efficiency\*\*/g)?.length, 1)
  })

  it('says what other machines have taken, when it was more than nothing', () => {
    const [{ figures = [] } = {}] = results
    const table = tableOf(
      [
        { ...result(figures), stolen: 0.063 },
        { ...result(figures), suite: 'scale', stolen: 0 },
      ],
      'all',
    )
    assert.match(table, /took of their time: 6 % during efficiency\.$/)
  })

  it('writes what was not measured as a dash', () => {
    assert.equal(formatted(Number.NaN), '–')
  })
})

describe('withTable', () => {
  it('replaces what stands between the marks, and nothing else', () => {
    const page = 'before\n<!-- bench -->\nold\n\nolder\n<!-- /bench -->\nafter\n'
    const expected = 'before\n<!-- bench -->\n\n| $1 |\n\n<!-- /bench -->\nafter\n'
    assert.equal(withTable(page, 'bench', '| $1 |'), expected)
    assert.equal(withTable(expected, 'bench', '| $1 |'), expected)
  })

  it('leaves a page without marks alone', () => {
    assert.equal(withTable('a page', 'bench', 'a table'), 'a page')
  })
})

describe('overloadCurve', () => {
  const points = [
    { offered: 100, goodput: 95, refused: 0 },
    { offered: 1000, goodput: 98, refused: 880 },
  ]

  it('draws both lines to scale, with the axes named', () => {
    const svg = overloadCurve(points)
    // 1000 is the end of both axes: the plot is 552 wide and 276 high.
    assert.match(svg, /class="goodput" points="119\.2,277\.8 616\.0,277\.0"/)
    assert.match(svg, /class="refused" points="119\.2,304\.0 616\.0,61\.1"/)
    assert.match(svg, />registrations offered per second</)
    assert.match(svg, />answers per second</)
    assert.match(svg, />1,000</)
    assert.match(svg, /prefers-color-scheme: dark/)
  })

  it('is well-formed', () => {
    const open: string[] = []
    for (const [, closing, name = '', , selfClosing] of overloadCurve(points).matchAll(
      /<(\/)?([a-z]+)([^<>]*?)(\/)?>/g,
    )) {
      if (closing) assert.equal(open.pop(), name)
      else if (!selfClosing) open.push(name)
    }
    assert.deepEqual(open, [])
  })
})
