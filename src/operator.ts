import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { v7 as newId } from 'uuid'
import type { Audit } from './application/audit.ts'
import { type Check, diagnose, type Finding, type Verdict } from './application/diagnose.ts'
import { operateOutbox } from './application/operate-outbox.ts'
import { operateUsers } from './application/operate-users.ts'
import { DOCTOR_USAGE, parseDoctorCommand } from './command-line/doctor.ts'
import { MIGRATE_USAGE, parseMigrateCommand } from './command-line/migrate.ts'
import { OUTBOX_USAGE, parseOutboxCommand } from './command-line/outbox.ts'
import type { CommandResult } from './command-line/output.ts'
import { parseUsersCommand, USERS_USAGE } from './command-line/users.ts'
import { type Config, ConfigError } from './config.ts'
import { auditLog } from './infrastructure/audit-log.ts'
import { addressHash } from './infrastructure/crypto/keyring.ts'
import { lookForDatabase } from './infrastructure/diagnosis/database.ts'
import { databaseContents } from './infrastructure/diagnosis/database-contents.ts'
import { databaseServer } from './infrastructure/diagnosis/database-server.ts'
import { lookAtEvents } from './infrastructure/diagnosis/events.ts'
import { lookAtHashing } from './infrastructure/diagnosis/hashing.ts'
import { lookAtMail, lookAtTemplates } from './infrastructure/diagnosis/mail.ts'
import { lookAtRedis } from './infrastructure/diagnosis/redis.ts'
import { startEmbeddedPostgres } from './infrastructure/embedded/postgres.ts'
import { secretFile } from './infrastructure/embedded/secret-file.ts'
import { createLog, type Log } from './infrastructure/log.ts'
import { type Database, openDatabase } from './infrastructure/postgres/database.ts'
import { inspectOutbox } from './infrastructure/postgres/inspect-outbox.ts'
import { inspectUsers } from './infrastructure/postgres/inspect-users.ts'
import { LEASE_SECONDS } from './infrastructure/postgres/lease.ts'
import { provideLedgerKey } from './infrastructure/postgres/ledger-key.ts'
import { migrateDown, migrateUp, migrationStatus } from './infrastructure/postgres/migrate.ts'
import { settleMessages } from './infrastructure/postgres/settle-messages.ts'

/**
 * What the command line does beside serving, on the configured database or on the embedded one, while the
 * service runs or not. `dataDir` is where the embedded database lives.
 */

/** `migrate …`. The configuration is read only when the command was understood. */
export const migrate = async (
  readConfig: () => Config,
  dataDir: string,
  args: string[],
): Promise<CommandResult> => {
  const command = parseMigrateCommand(args)
  if (!command) return { output: MIGRATE_USAGE, exitCode: 2 }
  return withDatabaseUrl(readConfig(), dataDir, url =>
    command(async wanted => {
      if (wanted.to === 'up') await migrateUp(url)
      if (wanted.to === 'down') await migrateDown(url, wanted.name)
      return migrationStatus(url)
    }),
  )
}

/** `outbox …`, likewise. */
export const outbox = async (
  readConfig: () => Config,
  dataDir: string,
  args: string[],
): Promise<CommandResult> => {
  const command = parseOutboxCommand(args)
  if (!command) return { output: OUTBOX_USAGE, exitCode: 2 }
  return withOperator(readConfig(), dataDir, ({ database, audit, codeTtlSeconds }) =>
    command(
      operateOutbox({
        ...inspectOutbox(database, LEASE_SECONDS),
        settleMessages: settleMessages(database, codeTtlSeconds),
        newId,
        audit,
      }),
    ),
  )
}

/** `users …`, likewise. */
export const users = async (
  readConfig: () => Config,
  dataDir: string,
  args: string[],
): Promise<CommandResult> => {
  const command = parseUsersCommand(args)
  if (!command) return { output: USERS_USAGE, exitCode: 2 }
  return withOperator(readConfig(), dataDir, ({ database, hashAddress, audit }) =>
    command(operateUsers({ ...inspectUsers(database, hashAddress, LEASE_SECONDS), newId, audit })),
  )
}

/** `doctor`. A configuration that is not usable is a finding too; nothing else can be looked at then. */
export const doctor = async (
  readConfig: () => Config,
  dataDir: string,
  args: string[],
): Promise<CommandResult> => {
  const command = parseDoctorCommand(args)
  if (!command) return { output: DOCTOR_USAGE, exitCode: 2 }
  return command(async () => {
    try {
      return await examine(readConfig(), dataDir)
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(brokenVariable)
      throw error
    }
  })
}

const brokenVariable = (problem: string): Finding => ({
  check: 'configuration',
  state: 'failed',
  found: problem,
  remedy: `Correct ${problem.split(' ')[0]} in the environment or in .env, then run doctor again for all the rest.`,
})

/** What connecting may take, and what each check may take in all. */
const CONNECT_MS = 5000
const LOOK_MS = 10_000

const examine = async (config: Config, dataDir: string): Promise<Finding[]> => {
  const configuration = config.production ? 'usable, for production' : 'usable, for development (NODE_ENV)'
  const outside: Check[] = [
    { check: 'configuration', look: async () => ({ state: 'ok', found: configuration }) },
    { check: 'mail templates', look: () => lookAtTemplates(config.mailTemplatesDir, config.defaultLocale) },
    { check: 'mail', look: () => lookAtMail(config.mail, CONNECT_MS) },
    { check: 'events', look: () => lookAtEvents(config.events, CONNECT_MS) },
    { check: 'redis', look: () => lookAtRedis(config) },
  ]
  const [findings, ofDatabase] = await Promise.all([
    diagnose(outside, LOOK_MS),
    examineDatabase(config, dataDir),
  ])
  // Alone, so that it has the cores for itself.
  const hashing = await diagnose([{ check: 'hashing', look: () => lookAtHashing(config.argon2) }], LOOK_MS)
  return [...findings.slice(0, 1), ...ofDatabase, ...findings.slice(1), ...hashing]
}

const examineDatabase = async (config: Config, dataDir: string): Promise<Finding[]> => {
  const answered = (verdict: Verdict): Finding => ({ check: 'database', ...verdict })
  if (config.databaseUrl === undefined && !existsSync(join(dataDir, 'postgres'))) {
    return [answered({ state: 'skipped', found: 'the embedded one is made by the first npm start' })]
  }
  const secretKey =
    config.secretKey ?? (await readFile(join(dataDir, 'secret.key'), 'utf8').catch(() => undefined))
  return withDatabaseUrl(config, dataDir, async url => {
    const database = openOne(config, url, CONNECT_MS, { warn: () => {} })
    const checks = [
      ...databaseContents(database, { ...config, secretKey }),
      ...databaseServer(database, { production: config.production, poolMax: config.databasePoolMax }),
    ]
    try {
      const { verdict, url: found } = await lookForDatabase(url, CONNECT_MS)
      if (found !== undefined) return [answered(verdict), ...(await diagnose(checks, LOOK_MS))]
      const unseen = checks.map(
        ({ check }): Finding => ({ check, state: 'skipped', found: 'needs the database' }),
      )
      return [answered(verdict), ...unseen]
    } finally {
      await database.close()
    }
  })
}

type Operator = {
  database: Database
  hashAddress: (email: string) => Buffer
  /** Writes to standard error, so that standard output holds the answer alone. */
  audit: Audit
  codeTtlSeconds: number
}

const withOperator = <Result>(
  config: Config,
  dataDir: string,
  work: (operator: Operator) => Promise<Result>,
): Promise<Result> =>
  withDatabaseUrl(config, dataDir, async url => {
    const log = createLog({ level: 'info', format: 'json', to: 'stderr' })
    const database = openOne(config, url, config.databaseTimeoutMs, log)
    try {
      const secretKey = config.secretKey ?? (await secretFile(join(dataDir, 'secret.key')))
      const hashAddress = addressHash(await provideLedgerKey(database, secretKey, config.secretKeyPrevious))
      const { codeTtlSeconds } = config
      return await work({ database, hashAddress, audit: auditLog(log, hashAddress), codeTtlSeconds })
    } finally {
      await database.close()
    }
  })

/** A command needs one connection. */
const openOne = (
  { databasePreparedStatements: preparedStatements }: Config,
  url: string,
  timeoutMs: number,
  log: Pick<Log, 'warn'>,
): Database => openDatabase({ url, poolMax: 1, timeoutMs, preparedStatements, log })

const withDatabaseUrl = async <Result>(
  config: Config,
  dataDir: string,
  work: (url: string) => Promise<Result>,
): Promise<Result> => {
  if (config.databaseUrl !== undefined) return work(config.databaseUrl)
  const embedded = await startEmbeddedPostgres(dataDir, { share: true })
  try {
    return await work(embedded.url)
  } finally {
    await embedded.stop()
  }
}
