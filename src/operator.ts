import { v7 as newId } from 'uuid'
import { operateOutbox } from './application/operate-outbox.ts'
import { type CommandResult, OUTBOX_USAGE, parseOutboxCommand } from './command-line/outbox.ts'
import type { Config } from './config.ts'
import { startEmbeddedPostgres } from './infrastructure/embedded/postgres.ts'
import { openDatabase } from './infrastructure/postgres/database.ts'
import { inspectOutbox } from './infrastructure/postgres/inspect-outbox.ts'
import { LEASE_SECONDS } from './infrastructure/postgres/lease.ts'
import { type MigrationStatus, migrateUp, migrationStatus } from './infrastructure/postgres/migrate.ts'
import { settleMessages } from './infrastructure/postgres/settle-messages.ts'

/**
 * What the command line does beside serving, on the configured database or on the embedded one, while the
 * service runs or not. `dataDir` is where the embedded database lives.
 */

/** `migrate up` and `migrate status`. */
export const migrate = (config: Config, dataDir: string, to: 'up' | 'status'): Promise<MigrationStatus[]> =>
  withDatabaseUrl(config, dataDir, async url => {
    if (to === 'up') await migrateUp(url)
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
  const config = readConfig()
  return withDatabaseUrl(config, dataDir, async url => {
    const log = { warn: () => {} }
    const database = openDatabase({
      url,
      poolMax: 1,
      timeoutMs: config.databaseTimeoutMs,
      preparedStatements: config.databasePreparedStatements,
      log,
    })
    try {
      return await command(
        operateOutbox({
          ...inspectOutbox(database, LEASE_SECONDS),
          settleMessages: settleMessages(database, config.codeTtlSeconds),
          newId,
        }),
      )
    } finally {
      await database.close()
    }
  })
}

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
