import { collectDefaultMetrics, Registry } from 'prom-client'
import type { MeasureOutbox } from '../../application/operate-outbox.ts'
import { type DatabaseMetrics, databaseMetrics } from './database.ts'
import { type HashingMetrics, hashingMetrics } from './hashing.ts'
import { type OutboxMetrics, outboxMetrics } from './outbox.ts'
import { type OutcomeMetrics, outcomeMetrics } from './outcomes.ts'
import { type RequestMetrics, requestMetrics } from './requests.ts'

export type Metrics = RequestMetrics &
  OutcomeMetrics &
  HashingMetrics &
  DatabaseMetrics &
  Pick<OutboxMetrics, 'countHandOver'> & {
    /** All of them in the text format of Prometheus. */
    text: () => Promise<string>
    contentType: string
  }

/**
 * Names and units follow the conventions of Prometheus; every label has few values, known in advance. What Node
 * tells of itself (event loop, garbage, memory, CPU) comes under the names that its dashboards know.
 */
export const createMetrics = (measureOutbox: MeasureOutbox): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const { countHandOver, measureOutbox: measure } = outboxMetrics(registry, measureOutbox)
  return {
    ...requestMetrics(registry),
    ...outcomeMetrics(registry),
    ...hashingMetrics(registry),
    ...databaseMetrics(registry),
    countHandOver,
    text: async () => {
      await measure()
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}
