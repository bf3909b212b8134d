import type { FaultKind } from './faults.ts'

export type Scenario = {
  /** Faults of one list come one after another, at random; the lists go on beside each other. */
  lists: readonly (readonly FaultKind[])[]
  /** How often each list strikes, however short the run is. */
  atLeast: number
  /** Nobody may notice anything. */
  noFailedRequests?: true
}

const one = (kind: FaultKind, more: Partial<Scenario> = {}): Scenario => ({
  lists: [[kind]],
  atLeast: 1,
  ...more,
})

export const SCENARIOS = {
  calm: { lists: [], atLeast: 0, noFailedRequests: true },
  /** While mail takes its time, so that there is something on its way when a process dies. */
  kill: { lists: [['kill'], ['mail-trouble']], atLeast: 2 },
  drain: one('drain', { noFailedRequests: true }),
  'database-crash': one('database-crash'),
  'fail-over': one('fail-over'),
  'redis-flush': one('redis-flush', { atLeast: 3, noFailedRequests: true }),
  'redis-kill': one('redis-kill', { noFailedRequests: true }),
  'broker-restart': one('broker-restart', { noFailedRequests: true }),
  'mail-trouble': one('mail-trouble', { noFailedRequests: true }),
  'clock-skew': one('clock-skew'),
  /** All that the service asks and can do without for a while. */
  dependencies: {
    lists: [['redis-flush', 'redis-kill'], ['broker-restart'], ['mail-trouble']],
    atLeast: 1,
    noFailedRequests: true,
  },
  everything: {
    lists: [
      ['kill', 'kill', 'drain', 'clock-skew'],
      ['database-crash', 'fail-over', 'redis-flush', 'redis-kill', 'broker-restart', 'mail-trouble'],
    ],
    atLeast: 1,
  },
} satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof SCENARIOS
