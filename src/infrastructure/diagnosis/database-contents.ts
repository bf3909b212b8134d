import pg from 'pg'
import type { Check, Verdict } from '../../application/diagnose.ts'
import type { OutboxDepth } from '../../application/operate-outbox.ts'
import type { Database } from '../postgres/database.ts'
import { tryLedgerKey } from '../postgres/ledger-key.ts'
import { measureOutbox } from '../postgres/measure-outbox.ts'
import { compareMigrations } from '../postgres/migrate.ts'
import { failed, ok, skipped, warning } from './verdict.ts'

/** A mail that is older has missed many a person. */
const LATE_SECONDS = 120

/** Looks at what the database holds: its schema, the key it was made with, and what waits to leave. */
export const databaseContents = (
  database: Database,
  settings: {
    migrateOnStart: boolean
    secretKey: string | undefined
    secretKeyPrevious: string | undefined
  },
): Check[] => [
  {
    check: 'schema',
    look: async () => judgeSchema(await compareMigrations(database), settings.migrateOnStart),
  },
  { check: 'secret key', look: unlessTablesAreMissing(() => lookAtKey(database, settings)) },
  {
    check: 'outbox',
    look: unlessTablesAreMissing(async () => judgeOutbox(await measureOutbox(database)())),
  },
]

const judgeSchema = (
  { newest, missing, unknown }: Awaited<ReturnType<typeof compareMigrations>>,
  migrateOnStart: boolean,
): Verdict => {
  if (missing.length > 0 && unknown.length > 0) {
    return failed(
      `it has ${unknown.join(', ')}, which this version does not know, and lacks ${missing.join(', ')}`,
      'Check that DATABASE_URL names the database of this service, and which version migrated it.',
    )
  }
  if (missing.length > 0) {
    const found = `behind: ${missing.join(', ')} not applied`
    const remedy = 'Run: node src/main.ts migrate up, with the DATABASE_URL of the role that owns the schema.'
    return migrateOnStart
      ? warning(found, `The service does it when it starts. Or run it now. ${remedy}`)
      : failed(found, remedy)
  }
  if (unknown.length > 0) {
    return warning(
      `further than this version: ${unknown.join(', ')}`,
      'Nothing, if a version was rolled back, or a newer one is being rolled out. Otherwise start the newer version.',
    )
  }
  return ok(`up to date, ${newest} is the newest migration`)
}

const lookAtKey = async (
  database: Database,
  { secretKey, secretKeyPrevious }: { secretKey: string | undefined; secretKeyPrevious: string | undefined },
): Promise<Verdict> => {
  if (secretKey === undefined) return skipped('the service makes one at its first start')
  switch (await tryLedgerKey(database, secretKey, secretKeyPrevious)) {
    case 'fits':
      return ok('SECRET_KEY is the one this database is used with')
    case 'unused':
      return ok('this database has been used with no SECRET_KEY yet')
    case 'previous fits':
      return ok('SECRET_KEY_PREVIOUS is the one this database was used with: a rotation goes on')
    case 'none fits':
      return failed(
        'SECRET_KEY is not the one this database was used with before',
        'Set SECRET_KEY to the one before; after a rotation, put that into SECRET_KEY_PREVIOUS. If it is lost: docs/operations.md#a-lost-secret_key.',
      )
  }
}

const judgeOutbox = (depths: OutboxDepth[]): Verdict => {
  const found = depths
    .map(({ topic, messages, oldestSeconds }) =>
      messages === 0
        ? `no ${topic} waits`
        : `${topic}: ${messages} waiting, the oldest for ${Math.round(oldestSeconds)} s`,
    )
    .join('; ')
  if (depths.every(({ oldestSeconds }) => oldestSeconds <= LATE_SECONDS)) return ok(found)
  return warning(
    found,
    'Run: node src/main.ts outbox list; its last column says why. Nothing leaves while no instance runs.',
  )
}

/** Of a schema that is behind, the check of the schema says so. */
const unlessTablesAreMissing =
  (look: Check['look']): Check['look'] =>
  () =>
    look().catch(error => {
      if (error instanceof pg.DatabaseError && UNDEFINED.has(error.code ?? ''))
        return skipped('the schema is behind')
      throw error
    })

/** undefined_table, undefined_column */
const UNDEFINED = new Set(['42P01', '42703'])
