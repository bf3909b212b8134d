import { join } from 'node:path'
import { v7 as newId } from 'uuid'
import type { Audit } from './application/audit.ts'
import { operateOutbox } from './application/operate-outbox.ts'
import { operateUsers } from './application/operate-users.ts'
import { OUTBOX_USAGE, parseOutboxCommand } from './command-line/outbox.ts'
import type { CommandResult } from './command-line/output.ts'
import { parseUsersCommand, USERS_USAGE } from './command-line/users.ts'
import type { Config } from './config.ts'
import { auditLog } from './infrastructure/audit-log.ts'
import { addressHash } from './infrastructure/crypto/keyring.ts'
import { startEmbeddedPostgres } from './infrastructure/embedded/postgres.ts'
import { secretFile } from './infrastructure/embedded/secret-file.ts'
import { createLog } from './infrastructure/log.ts'
import { type Database, openDatabase } from './infrastructure/postgres/database.ts'
import { inspectOutbox } from './infrastructure/postgres/inspect-outbox.ts'
import { inspectUsers } from './infrastructure/postgres/inspect-users.ts'
import { LEASE_SECONDS } from './infrastructure/postgres/lease.ts'
import { provideLedgerKey } from './infrastructure/postgres/ledger-key.ts'
import {
  type MigrationStatus,
  migrateDown,
  migrateUp,
  migrationStatus,
} from './infrastructure/postgres/migrate.ts'
import { settleMessages } from './infrastructure/postgres/settle-messages.ts'

/**
 * What the command line does beside serving, on the configured database or on the embedded one, while the
 * service runs or not. `dataDir` is where the embedded database lives.
 */

export type Migrate = { to: 'up' } | { to: 'status' } | { to: 'down'; name: string }

/** `migrate …`; returns what is applied then. */
export const migrate = (config: Config, dataDir: string, wanted: Migrate): Promise<MigrationStatus[]> =>
  withDatabaseUrl(config, dataDir, async url => {
    if (wanted.to === 'up') await migrateUp(url)
    if (wanted.to === 'down') await migrateDown(url, wanted.name)
    return await migrationStatus(url)
  })

/** `outbox …`. The configuration is read only when the command was understood. */
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
    const database = openDatabase({
      url,
      poolMax: 1,
      timeoutMs: config.databaseTimeoutMs,
      preparedStatements: config.databasePreparedStatements,
      log,
    })
    try {
      const secretKey = config.secretKey ?? (await secretFile(join(dataDir, 'secret.key')))
      const hashAddress = addressHash(await provideLedgerKey(database, secretKey, config.secretKeyPrevious))
      const { codeTtlSeconds } = config
      return await work({ database, hashAddress, audit: auditLog(log, hashAddress), codeTtlSeconds })
    } finally {
      await database.close()
    }
  })

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
