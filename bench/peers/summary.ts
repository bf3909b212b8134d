import { spread as ends, median } from '../support/figures.ts'
import type { RawHashes } from '../support/raw-rate.ts'
import { share } from '../support/report.ts'
import type { SignUps } from './load-process.ts'

/** What a side did in a turn. All but `SignUps` is for each sign-up; processor time in seconds. */
export type Turn = SignUps & {
  /** Sign-ups per second ÷ bare hashes per second, before and after it. */
  ratio: number
  /** The processor time of a bare hash ÷ that of a sign-up, in the server and in the database. */
  hashing: number
  appCpu: number
  databaseCpu: number
  statements: number
  /** Mails that reached the mail service in the end, and those of them before the last sign-up was answered. */
  mails: number
  mailsInTime: number
}

/** By the names of the sides. */
export type Round = Record<string, Turn>

/** The middle one of several rounds, the least and the most. */
type Spread = { median: number; least: number; most: number }

const FIGURES = [
  'rate',
  'ratio',
  'hashing',
  'appCpu',
  'databaseCpu',
  'statements',
  'mails',
  'mailsInTime',
  'p50',
  'p99',
] as const
type Figures = Record<(typeof FIGURES)[number], Spread> & { done: number; refused: number }

export type Summary = { raw: Record<keyof RawHashes, Spread>; sides: Record<string, Figures> }

export const summarise = (raw: RawHashes[], rounds: Round[]): Summary => {
  const names = Object.keys(rounds[0] ?? {})
  return {
    raw: { rate: spread(raw.map(({ rate }) => rate)), cpu: spread(raw.map(({ cpu }) => cpu)) },
    sides: Object.fromEntries(names.map(name => [name, figures(rounds.flatMap(turns => turns[name] ?? []))])),
  }
}

type Rows = Record<string, number>

/** In Markdown, medians with the least and the most; `rows` is what a sign-up leaves in each table. */
export const table = ({ raw, sides, rows }: Summary & { rows: Record<string, Rows> }): string => {
  const names = Object.keys(sides).toSorted()
  const row = (what: string, cell: (figures: Figures) => string): string =>
    `| ${[what, ...names.map(name => (sides[name] ? cell(sides[name]) : ''))].join(' | ')} |`
  const ms = (of: 'appCpu' | 'databaseCpu') => (all: Figures) =>
    range(all[of], value => (value * 1000).toFixed(2))
  return [
    `| | ${names.join(' | ')} |`,
    `| --- |${names.map(() => ' --- |').join('')}`,
    row('sign-ups per second', all => range(all.rate, value => value.toFixed(1))),
    row('÷ bare hashes per second', all => range(all.ratio, value => value.toFixed(3))),
    row('processor time of a bare hash ÷ that of a sign-up', all =>
      range(all.hashing, value => value.toFixed(3)),
    ),
    row('ms of processor time in the server', ms('appCpu')),
    row('ms of processor time in the database', ms('databaseCpu')),
    row('SQL statements', all => range(all.statements, value => value.toFixed(2))),
    row('answered within, p50', all => range(all.p50, value => `${value.toFixed(0)} ms`)),
    row('answered within, p99', all => range(all.p99, value => `${value.toFixed(0)} ms`)),
    row('mails that arrived', all => range(all.mails, share)),
    row('of them before the last answer', all => range(all.mailsInTime, share)),
    row('sign-ups, and other answers', all => `${all.done}, ${all.refused}`),
    `| rows left | ${names.map(name => left(rows[name] ?? {})).join(' | ')} |`,
    '',
    `Bare hashes: ${range(raw.rate, value => value.toFixed(1))} per second, ${range(raw.cpu, value => (value * 1000).toFixed(2))} ms of processor time each.`,
  ].join('\n')
}

const left = (rows: Rows): string =>
  Object.entries(rows)
    .map(([name, count]) => `${count.toFixed(2)} in ${name}`)
    .join(', ')

const figures = (turns: Turn[]): Figures => {
  const of = (figure: (typeof FIGURES)[number]) => spread(turns.map(turn => turn[figure]))
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
  return {
    ...(Object.fromEntries(FIGURES.map(figure => [figure, of(figure)])) as Record<
      (typeof FIGURES)[number],
      Spread
    >),
    done: sum(turns.map(({ done }) => done)),
    refused: sum(turns.flatMap(({ others }) => Object.values(others))),
  }
}

const spread = (values: number[]): Spread => {
  const [least, most] = ends(values)
  return { median: median(values), least, most }
}

const range = ({ median, least, most }: Spread, print: (value: number) => string): string =>
  least === most ? print(median) : `${print(median)} (${print(least)} to ${print(most)})`
