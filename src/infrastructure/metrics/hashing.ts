import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { AdmissionObserver, Urgency } from '../crypto/hash-admission.ts'

export type HashingMetrics = AdmissionObserver & {
  /** Has the metrics read how much is going on at each scrape. */
  readHashing: (read: () => { running: number; waiting: number }) => void
}

const URGENCIES: Urgency[] = ['first', 'later']
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export const hashingMetrics = (registry: Registry): HashingMetrics => {
  const registers = [registry]
  let read = () => ({ running: 0, waiting: 0 })
  new Gauge({
    name: 'vestibule_hashes_running',
    help: 'Password hashes being computed.',
    registers,
    collect() {
      this.set(read().running)
    },
  })
  new Gauge({
    name: 'vestibule_hashes_waiting',
    help: 'Requests that wait for their turn to hash.',
    registers,
    collect() {
      this.set(read().waiting)
    },
  })
  const wait = new Histogram({
    name: 'vestibule_hash_wait_seconds',
    help: 'How long requests waited for their turn to hash.',
    buckets: BUCKETS,
    registers,
  })
  const duration = new Histogram({
    name: 'vestibule_hash_duration_seconds',
    help: 'How long password hashes took.',
    buckets: BUCKETS,
    registers,
  })
  const refused = new Counter({
    name: 'vestibule_hashes_refused_total',
    help: 'Requests refused because too many waited to hash: "later" are registrations, "first" all others.',
    labelNames: ['urgency'],
    registers,
  })
  for (const urgency of URGENCIES) refused.inc({ urgency }, 0)

  return {
    readHashing: reader => {
      read = reader
    },
    waited: seconds => wait.observe(seconds),
    took: seconds => duration.observe(seconds),
    refused: urgency => refused.inc({ urgency }),
  }
}
