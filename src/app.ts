import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { v7 as newId } from 'uuid'
import type { Audit } from './application/audit.ts'
import { carryAtOnce } from './application/carry-at-once.ts'
import { countOutcomes } from './application/count-outcomes.ts'
import { startCourier } from './application/courier.ts'
import { handOverMail } from './application/hand-over-mail.ts'
import { startPurge } from './application/purge.ts'
import { createRecentAddresses } from './application/recent-addresses.ts'
import { createUseCases } from './application/use-cases.ts'
import { untilNextStep } from './application/waiting.ts'
import type { Config } from './config.ts'
import { startMetricsServer } from './http/metrics-server.ts'
import { createServer } from './http/server.ts'
import { auditLog } from './infrastructure/audit-log.ts'
import { createAdmission } from './infrastructure/crypto/hash-admission.ts'
import { addressHash, createKeyring, sameCode } from './infrastructure/crypto/keyring.ts'
import { createPasswordHashing } from './infrastructure/crypto/password-hashing.ts'
import { startMailbox } from './infrastructure/embedded/mailbox.ts'
import { startEmbeddedPostgres } from './infrastructure/embedded/postgres.ts'
import { secretFile } from './infrastructure/embedded/secret-file.ts'
import { openPublisher } from './infrastructure/events/open-publisher.ts'
import { memoryLimit } from './infrastructure/limits/memory.ts'
import { networkLimits } from './infrastructure/limits/network-limits.ts'
import { redisLimit } from './infrastructure/limits/redis.ts'
import { createLog, type Log } from './infrastructure/log.ts'
import { createComposer, senderName } from './infrastructure/mail/compose.ts'
import { type MailSettings, openMailTransport } from './infrastructure/mail/open-transport.ts'
import { languagesOf, readTemplates } from './infrastructure/mail/templates.ts'
import { type MailTransport, sendMailBy } from './infrastructure/mail/transport.ts'
import { createMetrics, type Metrics } from './infrastructure/metrics/metrics.ts'
import { openDatabase } from './infrastructure/postgres/database.ts'
import { databaseClock } from './infrastructure/postgres/database-clock.ts'
import { inspectOutbox } from './infrastructure/postgres/inspect-outbox.ts'
import { LEASE_SECONDS } from './infrastructure/postgres/lease.ts'
import { provideLedgerKey } from './infrastructure/postgres/ledger-key.ts'
import { migrateUp, migrationStatus } from './infrastructure/postgres/migrate.ts'
import { observedDatabase } from './infrastructure/postgres/observed-database.ts'
import { statementsOn } from './infrastructure/postgres/statements.ts'
import { openRedis, type RedisConnection } from './infrastructure/redis/connection.ts'
import { countElsewhere } from './infrastructure/redis/count-elsewhere.ts'
import { guessCounter } from './infrastructure/redis/guess-counter.ts'
import { openTracing } from './infrastructure/tracing/open-tracing.ts'
import { traced, tracedDatabase, tracedHandOver } from './infrastructure/tracing/traced.ts'

/** What tests and benchmarks may put in the place of the real thing. */
export type Parts = {
  log: Log
  mailTransport: MailTransport
  hashing: Awaited<ReturnType<typeof createPasswordHashing>>
}

export type App = {
  /** Brings everything up and returns where it can be reached. Throws, with nothing left running, if it cannot. */
  start: () => Promise<Addresses>
  /**
   * Drains: is not ready any more, which in production balancers get a moment to see; answers what is being
   * asked, hands over and settles what is being mailed, then closes; at most 10 s. Mail that is still on its way
   * then is handed over again by whoever comes next, with the same code.
   */
  stop: () => Promise<void>
}

export type Addresses = {
  /** Where this process listens. */
  api: string
  /** The local mailbox page, when there is one. */
  mailbox: string | undefined
  /** True when the database came along with the process. */
  embeddedDatabase: boolean
}

const COURIER_SPACING_MS = 25
/** Ten statements a second settle everything; a killed process repeats what it handed over in as long. */
const SETTLE_SPACING_MS = 100
const COURIER_POLL_MS = 1000
const EVENTS_AT_ONCE = 100
const PURGE_EVERY_MS = 60_000
/** Longer than a quiet registration takes while nobody waits: then all of them take the same time. */
const QUIET_STEP_MS = 250
/** Two renewals may fail before a lease runs out. */
const RENEW_LEASES_MS = 3000
/**
 * Together they stay below the 10 s that orchestrators give before they kill. The notice is for balancers: time
 * to see that the service is not ready, while it still answers.
 */
const DRAIN_NOTICE_MS = 2500
const DRAIN_REQUESTS_MS = 3500
const DRAIN_COURIER_MS = 3500
/** Whatever still hangs then, a query on a dead connection for one, is left behind. */
const DRAIN_MS = 9750

/** Builds Vestibule from its parts, top to bottom. `dataDir` is where the embedded database lives. */
export const createApp = (config: Config, dataDir: string, parts: Partial<Parts> = {}): App => {
  const log = parts.log ?? createLog({ level: config.logLevel, format: config.logFormat })
  const running = new AsyncDisposableStack()
  let draining = false

  const start = async (): Promise<Addresses> => {
    const templates = readTemplates(config.mailTemplatesDir, config.defaultLocale)
    const provided = [provideDatabase(), provideMailbox()] as const
    // When one of them fails, the other must be up before it can be taken down.
    await Promise.allSettled(provided)
    const [databaseUrl, mailbox] = await Promise.all(provided)
    await provideSchema(databaseUrl).catch(cause => {
      throw new Error(`the database of ${config.databaseUrl ? 'DATABASE_URL' : dataDir} cannot be used`, {
        cause,
      })
    })
    const secretKey = config.secretKey ?? (await secretFile(join(dataDir, 'secret.key')))
    const keyring = createKeyring(secretKey, config.secretKeyPrevious)

    const pool = openDatabase({
      url: databaseUrl,
      poolMax: config.databasePoolMax,
      timeoutMs: config.databaseTimeoutMs,
      preparedStatements: config.databasePreparedStatements,
      log,
    })
    running.defer(pool.close)
    const metrics = createMetrics(inspectOutbox(pool, LEASE_SECONDS).measureOutbox)
    metrics.readPool(pool.connections)
    const tracing = await openTracing({ endpoint: config.otlpEndpoint, version: packageVersion(), log })
    running.defer(tracing.close)
    const database = observedDatabase(tracedDatabase(pool, tracing), metrics.observeStatement)
    const hashAddress = addressHash(await provideLedgerKey(database, secretKey, config.secretKeyPrevious))
    const now = await databaseClock(database)
    const writeAudit = auditLog(auditLines(log), hashAddress)
    const audit: Audit = event => {
      if (event.limit !== undefined) metrics.countLimitHit(event.limit)
      writeAudit({ traceParent: tracing.traceParent(), ...event })
    }
    const redis = await provideRedis()
    const onPostgres = statementsOn(database, {
      hashAddress,
      sendsBudget: config.sendsBudget,
      loginFailuresPerDay: config.limits.loginFailuresPerDay,
      giveUpMailAfterSeconds: config.mailGiveUpAfterSeconds,
      codeTtlSeconds: config.codeTtlSeconds,
      leaseSeconds: LEASE_SECONDS,
      traceParent: tracing.traceParent,
    })
    const statements =
      redis && config.codeStore === 'redis'
        ? countElsewhere(
            guessCounter(redis, {
              longestWaitSeconds: config.mailGiveUpAfterSeconds,
              codeTtlSeconds: config.codeTtlSeconds,
            }),
            onPostgres,
          )
        : onPostgres

    const mailTransport =
      parts.mailTransport ?? openMailTransport(mailSettings(mailbox?.smtpUrl), config.mailTimeoutMs, now)
    running.defer(mailTransport.close)
    const compose = createComposer(templates, {
      from: config.mailFrom,
      codeTtlSeconds: config.codeTtlSeconds,
    })
    const sendMail = sendMailBy(mailTransport, compose, config.mailFrom)
    const publisher = openPublisher(config.events, config.publicUrl, log, now)
    running.defer(publisher.close)

    await serveMetrics(metrics)
    const courier = startCourier(
      {
        claim: statements.claimMessages,
        renewLeases: statements.renewLeases,
        bringForward: statements.bringForward,
        settle: statements.settleMessages,
        handOverMail: tracedHandOver(
          tracing,
          'hand over mail',
          ({ attempts }) => ({ kind: 'client', attributes: { 'vestibule.attempt': attempts } }),
          handOverMail({ deriveCode: keyring.deriveCode, sendMail }),
        ),
        publishEvent: tracedHandOver(
          tracing,
          'hand over event',
          ({ type }) => ({ kind: 'producer', attributes: { 'vestibule.event': type } }),
          publisher.publish,
        ),
        audit,
        count: metrics.countHandOver,
        newId,
        log,
        monotonicSeconds: () => performance.now() / 1000,
        random: Math.random,
      },
      {
        concurrency: { mail: mailTransport.concurrency, event: EVENTS_AT_ONCE },
        giveUpMailAfterSeconds: config.mailGiveUpAfterSeconds,
        renewLeasesMs: RENEW_LEASES_MS,
        pollMs: COURIER_POLL_MS,
        spacingMs: COURIER_SPACING_MS,
        settleSpacingMs: SETTLE_SPACING_MS,
      },
    )
    running.defer(() => courier.stop(DRAIN_COURIER_MS))
    const purge = startPurge({ ...statements, audit, log, random: Math.random }, PURGE_EVERY_MS)
    running.defer(purge.stop)

    const { admit, hasRoom, load } = createAdmission({
      concurrency: config.hashConcurrency,
      queueMs: config.hashQueueMs,
      observer: metrics,
    })
    metrics.readHashing(load)
    const { hashPassword, verifyPassword } =
      parts.hashing ?? (await createPasswordHashing(admit, config.argon2))

    const limit = redis && config.limitStore === 'redis' ? redisLimit(redis, hashAddress) : memoryLimit
    const useCases = createUseCases(
      {
        ...statements,
        storeRegistration: carryAtOnce({
          store: statements.storeRegistration,
          courier,
          traceParent: tracing.traceParent,
          outside: tracing.outside,
        }),
        ...networkLimits(limit, config.limits),
        recentAddresses: createRecentAddresses(),
        hashPassword: traced(tracing, 'hash-password', hashPassword),
        verifyPassword: traced(tracing, 'verify-password', verifyPassword),
        newId,
        newCodeId: keyring.newCodeId,
        deriveCode: keyring.deriveCode,
        sameCode,
        wakeCourier: courier.wake,
        evenOut: untilNextStep(QUIET_STEP_MS),
        now: () => performance.now(),
        audit,
      },
      { hideRegisteredEmails: config.hideRegisteredEmails },
    )
    const server = await createServer({
      useCases: countOutcomes(useCases, metrics.countOutcome),
      observeRequest: metrics.observeRequest,
      traceRequest: tracing.traceRequest,
      languages: languagesOf(templates),
      web: {
        publicUrl: config.publicUrl,
        sender: senderName(config.mailFrom),
        subject: locale => compose({ locale, content: { kind: 'activation_code', code: '' } }).subject,
        mailboxUrl: mailbox?.pageUrl,
        afterActivationUrl: config.afterActivationUrl,
      },
      isDraining: () => draining,
      databaseAnswers: database.answers,
      hasRoomToHash: hasRoom,
      log,
      trustProxy: config.trustProxy,
      publicUrl: config.publicUrl,
      docs: config.docsEnabled,
      version: packageVersion(),
    })
    running.defer(() => closeWithin(server, DRAIN_REQUESTS_MS))
    await server.listen({ host: config.host, port: config.port })

    const { port } = server.server.address() as AddressInfo
    const host = config.host.includes(':') ? `[${config.host}]` : config.host
    return {
      api: `http://${host}:${port}`,
      mailbox: mailbox?.pageUrl,
      embeddedDatabase: config.databaseUrl === undefined,
    }
  }

  let started: Promise<Addresses> | undefined
  return {
    start: () => {
      started = start().catch(async error => {
        await running.disposeAsync()
        throw error
      })
      return started
    },
    stop: async () => {
      draining = true
      await started?.catch(() => {})
      log.info('draining')
      if (config.production) await sleep(DRAIN_NOTICE_MS, undefined, { ref: false })
      const closed = await Promise.race([
        running.disposeAsync().then(() => true),
        sleep(DRAIN_MS - DRAIN_NOTICE_MS, false, { ref: false }),
      ])
      log[closed ? 'info' : 'warn'](closed ? 'stopped' : 'stopped before everything was closed')
    },
  }

  async function provideDatabase(): Promise<string> {
    if (config.databaseUrl !== undefined) return config.databaseUrl
    const embedded = await startEmbeddedPostgres(dataDir)
    running.defer(embedded.stop)
    return embedded.url
  }

  async function provideMailbox() {
    if (config.mail.transport !== 'mailbox' || parts.mailTransport) return undefined
    const mailbox = await startMailbox()
    running.defer(mailbox.stop)
    return mailbox
  }

  /** The local mailbox is reached like any other SMTP server. */
  function mailSettings(mailboxUrl: string | undefined): MailSettings {
    return config.mail.transport === 'mailbox' ? { transport: 'smtp', url: mailboxUrl ?? '' } : config.mail
  }

  /** One connection for whatever is kept there. */
  async function provideRedis(): Promise<RedisConnection | undefined> {
    const { codeStore, limitStore, redisUrls: urls, redisTimeoutMs: timeoutMs } = config
    const demanded = codeStore === 'redis'
    if (!demanded && limitStore !== 'redis') return undefined
    const redis = await openRedis({ urls, timeoutMs, demanded, log })
    running.defer(redis.close)
    return redis
  }

  /** Whoever tries things out may have another service on that port, and can do without. */
  async function serveMetrics(metrics: Metrics): Promise<void> {
    if (config.metricsPort === 0) return
    try {
      const at = { host: config.host, port: config.metricsPort }
      running.defer((await startMetricsServer(metrics, at)).close)
    } catch (error) {
      if (config.production) throw error
      log.warn({ err: error }, 'no metrics')
    }
  }

  async function provideSchema(databaseUrl: string): Promise<void> {
    if (config.migrateOnStart) {
      const applied = await migrateUp(databaseUrl)
      if (applied.length > 0) log.info({ applied }, 'schema brought up to date')
      return
    }
    const pending = (await migrationStatus(databaseUrl)).filter(({ appliedAt }) => !appliedAt)
    if (pending.length > 0) {
      const names = pending.map(({ name }) => name).join(', ')
      throw new Error(`the schema of the database is behind (${names}). Run: npm run migrate -- up`)
    }
  }
}

/** The audit log is written whatever `LOG_LEVEL` keeps out of the rest, unless there is to be no log at all. */
const auditLines = (log: Log): Log => (log.level === 'silent' ? log : log.child({}, { level: 'info' }))

const closeWithin = async (server: Awaited<ReturnType<typeof createServer>>, ms: number): Promise<void> => {
  const timer = setTimeout(() => server.server.closeAllConnections(), ms)
  await server.close()
  clearTimeout(timer)
}

const packageVersion = (): string =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
