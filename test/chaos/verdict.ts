import { hasFailed } from './history.ts'
import type { Outcome } from './run-scenario.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

/** How much of the evidence is shown for each kind of violation. */
const SHOWN = 2

/** Everything that is wrong with a run, a line each; nothing when all promises were kept. */
export const wrongs = ({ scenario, evidence, violations, complaints }: Outcome): string[] => {
  const { noFailedRequests }: Scenario = SCENARIOS[scenario]
  const failed = evidence.operations.filter(hasFailed)
  const kinds = Map.groupBy(violations, ({ invariant, what }) => `${invariant} ${what}`)
  return [
    ...[...kinds].map(
      ([kind, found]) =>
        `${kind}: ${found.length} times\n${found
          .slice(0, SHOWN)
          .map(({ evidence }) => shown(evidence))
          .join('\n')}`,
    ),
    ...complaints,
    ...(noFailedRequests && failed.length > 0
      ? [
          `${failed.length} failed requests, where nobody should notice anything\n${shown(failed.slice(0, SHOWN))}`,
        ]
      : []),
  ]
}

/** What happened, and whether the promises were kept. */
export const verdict = (outcome: Outcome): string => {
  const { scenario, seed, seconds, people, evidence, struck } = outcome
  const { operations, mails, events, accounts } = evidence
  const wrong = wrongs(outcome)
  const lines = [
    ['scenario', `${scenario} --seed ${seed} --seconds ${seconds} --rate ${people}`],
    ['operations', `${operations.length}: ${counted(operations.map(({ outcome }) => outcome))}`],
    ['answers', counted(operations.map(({ status, problem }) => problem ?? status ?? 'none'))],
    ['failed requests', String(operations.filter(hasFailed).length)],
    ['faults', counted(struck) || 'none'],
    ['accounts', counted(accounts.map(({ isActive }) => (isActive ? 'active' : 'pending')))],
    ['mails', `${mails.length}, ${repeated(mails)} of them repeated`],
    ['events', `${events.length}, ${repeated(events)} of them repeated`],
    ...(['I1', 'I2', 'I3', 'I4', 'I5'] as const).map(invariant => [
      invariant,
      `${outcome.violations.filter(violation => violation.invariant === invariant).length} violations`,
    ]),
    ['verdict', wrong.length === 0 ? 'all promises kept' : 'BROKEN'],
  ]
  const table = lines.map(([name = '', figure]) => `${name.padEnd(16)} ${figure}`)
  return [...table, ...wrong].join('\n')
}

const counted = (values: (string | number)[]): string =>
  [...Map.groupBy(values, value => value)]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([value, all]) => `${value} ${all.length}`)
    .join(', ')

const repeated = (items: { id: string }[]): number => items.length - new Set(items.map(({ id }) => id)).size

const shown = (evidence: unknown[]): string => evidence.map(item => `    ${JSON.stringify(item)}`).join('\n')
