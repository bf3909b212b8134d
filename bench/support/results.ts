import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type Figure, isMet, median, spread } from './figures.ts'
import type { Outcome } from './suite.ts'

/** The file that a suite leaves behind. */
export type Result = {
  suite: string
  at: string
  quick: boolean
  machine: { node: string; cpu: string; cores: number; system: string }
  commit: string
  /** Of the processors' time, what other machines of the same host have taken meanwhile. */
  stolen?: number
} & Outcome

/** Three digits are as many as any of these is worth. */
export const formatted = (value: number): string => {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3)
}

const row = (figure: Figure): string => {
  const { name, unit, values, aim } = figure
  const of = (text: string): string => (unit === '' ? text : `${text} ${unit}`)
  const middle = of(formatted(median(values)))
  const [least, greatest] = spread(values).map(formatted)
  const measured = values.length > 1 ? `${middle} (${least} – ${greatest})` : middle
  const aimed = aim ? of('least' in aim ? `≥ ${formatted(aim.least)}` : `≤ ${formatted(aim.most)}`) : ''
  const met = { true: 'yes', false: '**no**', undefined: '' }[String(isMet(figure))]
  return `| ${name} | ${aimed} | ${measured} | ${met} |`
}

/** Which figures a table shows: those with an aim, all but asides, or all. */
export type Shown = 'aimed' | 'main' | 'all'

/** A table of figures: the median of the rounds, and in brackets the least and the greatest of them. */
export const tableOf = (results: readonly Result[], shown: Shown): string => {
  const isShown = ({ aside, aim }: Figure): boolean =>
    shown === 'all' || (!aside && (shown === 'main' || aim !== undefined))
  const [{ machine } = { machine: undefined }] = results
  const rows = results.flatMap(({ suite, figures }) => {
    const rows = figures.filter(isShown).map(row)
    return rows.length > 0 ? [`| **${suite}** | | | |`, ...rows] : []
  })
  const commits = [...new Set(results.map(({ commit }) => commit))].join(', ')
  const stolen = results.flatMap(({ suite, stolen = 0 }) =>
    stolen >= 0.005 ? [`${(stolen * 100).toFixed(0)} % during ${suite}`] : [],
  )
  const days = [...new Set(results.map(({ at }) => at.slice(0, 10)))].join(', ')
  return [
    '| figure | aim | measured: median (least – greatest of the rounds) | met |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `${machine?.cores} cores of ${machine?.cpu}, Node.js ${machine?.node}, commit ${commits}, ${days}. Load, mailboxes, database and service all run on these cores.${stolen.length > 0 ? ` Other machines of the same host took of their time: ${stolen.join(', ')}.` : ''}`,
  ].join('\n')
}

/** Puts a table between two marks of a page, if they are there: `<!-- bench -->` and `<!-- /bench -->`. */
export const withTable = (page: string, mark: 'bench' | 'peers', table: string): string =>
  page.replace(
    new RegExp(`(<!-- ${mark} -->\n)[\\s\\S]*?(<!-- /${mark} -->)`),
    (_, begin, end) => `${begin}\n${table}\n\n${end}`,
  )

/** Those that are on disk, in the order of `suites`. */
export const readResults = (folder: string, suites: readonly string[]): Result[] => {
  const files = readdirSync(folder)
  return suites
    .filter(suite => files.includes(`${suite}.json`))
    .map(suite => JSON.parse(readFileSync(`${folder}/${suite}.json`, 'utf8')))
}

export const writeResult = (folder: string, result: Result): void => {
  const figures = result.figures.map(figure => {
    // What there was none of has no latency, and JSON has no NaN.
    const values = figure.values.filter(Number.isFinite)
    const [least, greatest] = spread(values)
    return { ...figure, values, median: median(values), least, greatest }
  })
  writeFileSync(`${folder}/${result.suite}.json`, `${JSON.stringify({ ...result, figures }, undefined, 2)}\n`)
}
