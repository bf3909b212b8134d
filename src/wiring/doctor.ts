import { type Check, diagnose, type Finding, type Verdict } from '../application/diagnose.ts'
import type { Config } from '../config.ts'
import { lookForDatabase } from '../infrastructure/diagnosis/database.ts'
import { databaseContents } from '../infrastructure/diagnosis/database-contents.ts'
import { databaseServer } from '../infrastructure/diagnosis/database-server.ts'
import { lookAtEvents } from '../infrastructure/diagnosis/events.ts'
import { lookAtHashing } from '../infrastructure/diagnosis/hashing.ts'
import { lookAtMail, lookAtTemplates } from '../infrastructure/diagnosis/mail.ts'
import { lookAtRedis } from '../infrastructure/diagnosis/redis.ts'
import { failed } from '../infrastructure/diagnosis/verdict.ts'
import { isThere } from '../infrastructure/embedded/cluster.ts'
import { knownEmbeddedSecretKey } from '../infrastructure/embedded/secret-file.ts'
import { openOneConnection, withDatabaseUrl } from './one-connection.ts'

/** What connecting may take, and what each check may take in all. */
const CONNECT_MS = 5000
const LOOK_MS = 10_000

/** Looks at the configuration and at everything that the service depends on. */
export const examine = async (config: Config, dataDir: string): Promise<Finding[]> => {
  const configuration: Finding = {
    check: 'configuration',
    state: 'ok',
    found: config.production ? 'usable, for production' : 'usable, for development (NODE_ENV)',
  }
  const others: Check[] = [
    { check: 'mail templates', look: () => lookAtTemplates(config.mailTemplatesDir, config.defaultLocale) },
    { check: 'mail', look: () => lookAtMail(config.mail, CONNECT_MS) },
    { check: 'events', look: () => lookAtEvents(config.events, CONNECT_MS) },
    { check: 'redis', look: () => lookAtRedis(config) },
  ]
  const [ofDatabase, ofOthers] = await Promise.all([
    examineDatabase(config, dataDir).catch(notThere),
    diagnose(others, LOOK_MS),
  ])
  // Alone, so that it has the cores for itself.
  const hashing = await diagnose([{ check: 'hashing', look: () => lookAtHashing(config.argon2) }], LOOK_MS)
  return [configuration, ...ofDatabase, ...ofOthers, ...hashing]
}

const answered = (verdict: Verdict): Finding => ({ check: 'database', ...verdict })

/** The embedded database says what keeps it from coming up. That takes no other finding away. */
const notThere = ({ message }: Error): Finding[] => [
  answered(failed(message, 'Do what the message says, and run doctor again.')),
]

const examineDatabase = async (config: Config, dataDir: string): Promise<Finding[]> => {
  if (config.databaseUrl === undefined && !isThere(dataDir)) {
    return [answered({ state: 'skipped', found: 'the embedded one is made by the first npm start' })]
  }
  const secretKey = config.secretKey ?? (await knownEmbeddedSecretKey(dataDir))
  return withDatabaseUrl(config, dataDir, async url => {
    const database = openOneConnection(config, url, CONNECT_MS, { warn: () => {} })
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
