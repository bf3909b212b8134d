// What `npm run test:coverage` prints: node:test's own report, and how much of src/ has run in place of its table of
// every file.
import { globSync } from 'node:fs'
import { relative } from 'node:path'
import { Readable } from 'node:stream'
import type { EventData } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'

type Coverage = EventData.TestCoverage['summary']
type Percentages = Pick<
  Coverage['totals'],
  'coveredLinePercent' | 'coveredBranchPercent' | 'coveredFunctionPercent'
>

/** So many files are named, those of which the smallest part of the branches has run. */
const LOWEST = 8

/** A reporter of node:test. */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string | Buffer> {
  let coverage: Coverage | undefined
  const others = async function* () {
    for await (const event of events) {
      if (event.type === 'test:coverage') coverage = event.data.summary
      else yield event
    }
  }
  yield* Readable.from(others()).compose(spec)
  if (coverage) yield coverageLines(coverage)
}

const coverageLines = ({ totals, files, workingDirectory }: Coverage): string => {
  const all = globSync('src/**/*.ts', { cwd: workingDirectory, exclude: file => file.endsWith('.test.ts') })
  const partly = files.filter(({ coveredBranchPercent }) => coveredBranchPercent < 100)
  const lowest = partly.toSorted((one, other) => one.coveredBranchPercent - other.coveredBranchPercent)
  return [
    '',
    row(['lines', 'branches', 'functions'], 'have run'),
    row(percentages(totals), `of the ${files.length} files of src/ that were loaded, of ${all.length}`),
    ...lowest.slice(0, LOWEST).map(file => row(percentages(file), relative(workingDirectory, file.path))),
    '',
  ].join('\n')
}

const percentages = ({ coveredLinePercent, coveredBranchPercent, coveredFunctionPercent }: Percentages) =>
  [coveredLinePercent, coveredBranchPercent, coveredFunctionPercent].map(percent => `${percent.toFixed(1)} %`)

const row = (columns: string[], what: string): string =>
  `${columns.map(column => column.padStart(10)).join('')}  ${what}`
