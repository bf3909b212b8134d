import { Counter, Gauge, type Registry } from 'prom-client'
import type { CountHandOver } from '../../application/hand-over-report.ts'
import type { MeasureOutbox } from '../../application/operate-outbox.ts'
import type { Settlement, Topic } from '../../application/outbox.ts'
import type { FailureClass } from '../../domain/failure.ts'

export type OutboxMetrics = {
  countHandOver: CountHandOver
  /** Has to be called before each scrape. Never throws. */
  measureOutbox: () => Promise<void>
}

const TOPICS: Topic[] = ['mail', 'event']
const RESULTS: Settlement['result'][] = ['accepted', 'unwanted', 'retry', 'given_up']
const CLASSES: FailureClass[] = ['refused', 'deferred', 'rate_limited', 'unavailable', 'misconfigured']

/** What waits in the outbox, measured at each scrape, and what came of this instance's attempts to hand it over. */
export const outboxMetrics = (registry: Registry, measure: MeasureOutbox): OutboxMetrics => {
  const registers = [registry]
  const settled = new Counter({
    name: 'vestibule_outbox_settled_total',
    help: 'Attempts to hand messages over, by what came of them. A retry will be followed by another attempt.',
    labelNames: ['topic', 'result'],
    registers,
  })
  const failures = new Counter({
    name: 'vestibule_outbox_failures_total',
    help: 'Attempts to hand messages over that failed, by class.',
    labelNames: ['topic', 'class'],
    registers,
  })
  const waiting = new Gauge({
    name: 'vestibule_outbox_messages',
    help: 'Messages in the outbox, of all instances. Missing while the database does not answer.',
    labelNames: ['topic'],
    registers,
  })
  const oldest = new Gauge({
    name: 'vestibule_outbox_oldest_message_age_seconds',
    help: 'Age of the oldest message in the outbox, 0 when there is none.',
    labelNames: ['topic'],
    registers,
  })
  // A counter that appears with its first event hides that event from rate().
  for (const topic of TOPICS) {
    for (const result of RESULTS) settled.inc({ topic, result }, 0)
    for (const failureClass of CLASSES) failures.inc({ topic, class: failureClass }, 0)
  }

  return {
    countHandOver: ({ topic, result, failure }) => {
      settled.inc({ topic, result })
      if (failure !== undefined) failures.inc({ topic, class: failure })
    },
    measureOutbox: async () => {
      const depths = await measure().catch(() => [])
      waiting.reset()
      oldest.reset()
      for (const { topic, messages, oldestSeconds } of depths) {
        waiting.set({ topic }, messages)
        oldest.set({ topic }, oldestSeconds)
      }
    },
  }
}
