import type { Audit } from '../application/audit.ts'
import type { Config } from '../config.ts'
import { auditLog } from '../infrastructure/audit-log.ts'
import { addressHash } from '../infrastructure/crypto/keyring.ts'
import { startEmbeddedPostgres } from '../infrastructure/embedded/postgres.ts'
import { embeddedSecretKey } from '../infrastructure/embedded/secret-file.ts'
import { createLog, type Log } from '../infrastructure/log.ts'
import { type Database, openDatabase } from '../infrastructure/postgres/database.ts'
import { provideLedgerKey } from '../infrastructure/postgres/ledger-key.ts'
import { compareMigrations, refuseBehind } from '../infrastructure/postgres/migrate.ts'

type Operator = {
  database: Database
  hashAddress: (email: string) => Buffer
  /** Writes to standard error, so that standard output holds the answer alone. */
  audit: Audit
  codeTtlSeconds: number
}

/** Does some work of an operator, then closes what it needed. */
export const withOperator = <Result>(
  config: Config,
  dataDir: string,
  work: (operator: Operator) => Promise<Result>,
): Promise<Result> =>
  withDatabaseUrl(config, dataDir, async url => {
    const log = createLog({ level: 'info', format: 'json', to: 'stderr' })
    const database = openOneConnection(config, url, config.databaseTimeoutMs, log)
    try {
      refuseBehind((await compareMigrations(database)).missing)
      const secretKey = config.secretKey ?? (await embeddedSecretKey(dataDir))
      const hashAddress = addressHash(await provideLedgerKey(database, secretKey, config.secretKeyPrevious))
      const { codeTtlSeconds } = config
      return await work({ database, hashAddress, audit: auditLog(log, hashAddress), codeTtlSeconds })
    } finally {
      await database.close()
    }
  })

/** A command needs one connection. */
export const openOneConnection = (
  { databasePreparedStatements: preparedStatements }: Config,
  url: string,
  timeoutMs: number,
  log: Pick<Log, 'warn'>,
): Database => openDatabase({ url, poolMax: 1, timeoutMs, preparedStatements, log })

/** On the configured database, or on the embedded one: that of a running service, or one that is started for it. */
export const withDatabaseUrl = async <Result>(
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
