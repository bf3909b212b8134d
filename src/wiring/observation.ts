import { setTimeout as sleep } from 'node:timers/promises'
import type { Audit } from '../application/audit.ts'
import { Unavailable } from '../domain/refusals.ts'
import { startMetricsServer } from '../http/metrics-server.ts'
import { auditLog } from '../infrastructure/audit-log.ts'
import { addressHash } from '../infrastructure/crypto/keyring.ts'
import type { Log } from '../infrastructure/log.ts'
import { createMetrics, type Metrics } from '../infrastructure/metrics/metrics.ts'
import { openDatabase } from '../infrastructure/postgres/database.ts'
import { databaseClock } from '../infrastructure/postgres/database-clock.ts'
import { provideLedgerKey } from '../infrastructure/postgres/ledger-key.ts'
import { measureOutbox } from '../infrastructure/postgres/measure-outbox.ts'
import { observedDatabase } from '../infrastructure/postgres/observed-database.ts'
import { openTracing } from '../infrastructure/tracing/open-tracing.ts'
import { tracedDatabase } from '../infrastructure/tracing/traced.ts'
import type { Building } from './building.ts'

/** How long a start goes on asking: nobody waits for an answer yet. */
const START_MS = 10_000

export type Observed = Awaited<ReturnType<typeof openObservedDatabase>>

/** The database, and what is seen of the service: metrics, traces and audit log. */
export const openObservedDatabase = async (
  { config, log, running, version }: Building,
  { databaseUrl, secretKey }: { databaseUrl: string; secretKey: string },
) => {
  const pool = openDatabase({
    url: databaseUrl,
    poolMax: config.databasePoolMax,
    timeoutMs: config.databaseTimeoutMs,
    preparedStatements: config.databasePreparedStatements,
    log,
  })
  running.defer(pool.close)
  const metrics = createMetrics(measureOutbox(pool))
  metrics.readPool(pool.connections)
  const tracing = await openTracing({ endpoint: config.otlpEndpoint, version, log })
  running.defer(tracing.close)
  const database = observedDatabase(tracedDatabase(pool, tracing), metrics.observeStatement)

  const { ledgerKey, now } = await persistently(async () => ({
    ledgerKey: await provideLedgerKey(database, secretKey, config.secretKeyPrevious),
    now: await databaseClock(database),
  }))
  const hashAddress = addressHash(ledgerKey)
  const writeAudit = auditLog(auditLines(log), hashAddress)
  const audit: Audit = event => {
    if (event.limit !== undefined) metrics.countLimitHit(event.limit)
    writeAudit({ traceParent: tracing.traceParent(), ...event })
  }
  return { database, now, hashAddress, metrics, tracing, audit }
}

/** What a request would be refused for, a database that is slow just then, is no reason not to start. */
const persistently = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
  const until = performance.now() + START_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Unavailable) || performance.now() > until) throw error
      await sleep(100)
    }
  }
}

/** The audit log is written whatever `LOG_LEVEL` keeps out of the rest, unless there is to be no log at all. */
const auditLines = (log: Log): Log => (log.level === 'silent' ? log : log.child({}, { level: 'info' }))

/** Whoever tries things out may have another service on that port, and can do without. */
export const serveMetrics = async ({ config, log, running }: Building, metrics: Metrics): Promise<void> => {
  if (config.metricsPort === 0) return
  try {
    const at = { host: config.host, port: config.metricsPort }
    running.defer((await startMetricsServer(metrics, at)).close)
  } catch (error) {
    if (config.production) throw error
    log.warn({ err: error }, 'no metrics')
  }
}
