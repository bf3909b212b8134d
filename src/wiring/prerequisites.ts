import { join } from 'node:path'
import { startMailbox } from '../infrastructure/embedded/mailbox.ts'
import { startEmbeddedPostgres } from '../infrastructure/embedded/postgres.ts'
import { secretFile } from '../infrastructure/embedded/secret-file.ts'
import { migrateUp, migrationStatus } from '../infrastructure/postgres/migrate.ts'
import type { Building } from './building.ts'

/** The servers that have to be there first: those of the configuration, or those that come along. */
export const provideServers = async (building: Building) => {
  const { config, dataDir } = building
  const provided = [provideDatabase(building), provideMailbox(building)] as const
  // When one of them fails, the other must be up before it can be taken down.
  await Promise.allSettled(provided)
  const [databaseUrl, mailbox] = await Promise.all(provided)
  await provideSchema(building, databaseUrl).catch(cause => {
    throw new Error(`the database of ${config.databaseUrl ? 'DATABASE_URL' : dataDir} cannot be used`, {
      cause,
    })
  })
  const secretKey = config.secretKey ?? (await secretFile(join(dataDir, 'secret.key')))
  return { databaseUrl, mailbox, secretKey }
}

const provideDatabase = async ({ config, dataDir, running }: Building): Promise<string> => {
  if (config.databaseUrl !== undefined) return config.databaseUrl
  const embedded = await startEmbeddedPostgres(dataDir)
  running.defer(embedded.stop)
  return embedded.url
}

const provideMailbox = async ({ config, running, parts }: Building) => {
  if (config.mail.transport !== 'mailbox' || parts.mailTransport) return undefined
  const mailbox = await startMailbox()
  running.defer(mailbox.stop)
  return mailbox
}

const provideSchema = async ({ config, log }: Building, databaseUrl: string): Promise<void> => {
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
