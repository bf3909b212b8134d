import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ConnectionCounts } from '../postgres/database.ts'
import type { StatementObserver } from '../postgres/observed-database.ts'

export type DatabaseMetrics = {
  observeStatement: StatementObserver
  /** Has the metrics read the pool at each scrape. */
  readPool: (read: () => ConnectionCounts) => void
}

export const databaseMetrics = (registry: Registry): DatabaseMetrics => {
  const registers = [registry]
  const duration = new Histogram({
    name: 'vestibule_statement_duration_seconds',
    help: 'SQL statements, the wait for a connection included, by name.',
    labelNames: ['statement'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  })
  const failed = new Counter({
    name: 'vestibule_statement_failures_total',
    help: 'SQL statements that failed, by name.',
    labelNames: ['statement'],
    registers,
  })
  let read = (): ConnectionCounts => ({ busy: 0, idle: 0, waiting: 0 })
  new Gauge({
    name: 'vestibule_database_connections',
    help: 'Connections of the pool to the database.',
    labelNames: ['state'],
    registers,
    collect() {
      const { busy, idle } = read()
      this.set({ state: 'busy' }, busy)
      this.set({ state: 'idle' }, idle)
    },
  })
  new Gauge({
    name: 'vestibule_database_waiting',
    help: 'Statements that wait for a connection.',
    registers,
    collect() {
      this.set(read().waiting)
    },
  })

  return {
    observeStatement: (statement, seconds, ok) => {
      duration.observe({ statement }, seconds)
      if (!ok) failed.inc({ statement })
    },
    readPool: reader => {
      read = reader
    },
  }
}
