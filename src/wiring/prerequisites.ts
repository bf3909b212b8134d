import { startMailbox } from '../infrastructure/embedded/mailbox.ts'
import { startEmbeddedPostgres } from '../infrastructure/embedded/postgres.ts'
import { embeddedSecretKey } from '../infrastructure/embedded/secret-file.ts'
import { migrateUp, migrationStatus, refuseBehind } from '../infrastructure/postgres/migrate.ts'
import type { Building } from './building.ts'

/** What has to be there first: that of the configuration, or what comes along. */
export const providePrerequisites = async (building: Building) => {
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
  const secretKey = config.secretKey ?? (await embeddedSecretKey(dataDir))
  return { databaseUrl, mailbox, secretKey }
}

const provideDatabase = async ({ config, dataDir, running }: Building): Promise<string> => {
  if (config.databaseUrl !== undefined) return config.databaseUrl
  const embedded = await startEmbeddedPostgres(dataDir)
  running.defer(embedded.stop)
  return embedded.url
}

const provideMailbox = async ({ config, running, standIns }: Building) => {
  if (config.mail.transport !== 'mailbox' || standIns.mailTransport) return undefined
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
  refuseBehind(pending.map(({ name }) => name))
}
