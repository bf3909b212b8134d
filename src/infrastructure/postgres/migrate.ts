import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import type { Database } from './database.ts'
import { findPrimary } from './primary.ts'

const DIRECTORY = fileURLToPath(new URL('../../../migrations', import.meta.url))
const TABLE = 'schema_migrations'
/** Nobody waits for an answer: a database that is being started may take its time. */
const FIND_MS = 10_000

const HAS_TABLE = { name: 'has-migrations', text: `select to_regclass('${TABLE}') is not null as present` }
const APPLIED = { name: 'applied-migrations', text: `select name from ${TABLE} order by id` }

export type MigrationStatus = { name: string; appliedAt: Date | null }

/**
 * Brings the schema up to date, in one transaction, and returns the names of what was applied. Safe when many
 * instances do it at once: all but one wait for an advisory lock and then find nothing left to do. Throws, and
 * changes nothing, when a migration fails or when others were applied in the place of those known here. A
 * database that a newer version has brought further is left as it is.
 */
export const migrateUp = (databaseUrl: string): Promise<string[]> =>
  withClient(databaseUrl, async client => {
    const applied = await runMigrations(client, { direction: 'up' })
    return applied.map(({ name }) => name)
  })

/**
 * Takes the newest applied migration back, with whatever data only it has a place for. Throws, and changes
 * nothing, when that is not the one that is named: what is lost should have been asked for by name.
 */
export const migrateDown = async (databaseUrl: string, name: string): Promise<void> => {
  const applied = (await migrationStatus(databaseUrl)).filter(({ appliedAt }) => appliedAt !== null)
  const newest = applied.at(-1)?.name
  if (newest !== name) {
    throw new Error(`${name} is not the newest migration that is applied; that is ${newest ?? 'none'}`)
  }
  await withClient(databaseUrl, client => runMigrations(client, { direction: 'down', count: 1 }))
}

/** Every migration of this version, and when it was applied to the database, if it was. Changes nothing. */
export const migrationStatus = (databaseUrl: string): Promise<MigrationStatus[]> =>
  withClient(databaseUrl, async client => {
    const { rows: table } = await client.query(`select to_regclass('${TABLE}') is not null as present`)
    // node-pg-migrate stores the time without its zone: it is the one of the database's sessions.
    const { rows } = table[0].present
      ? await client.query(`select name, run_on::timestamptz from ${TABLE}`)
      : { rows: [] }
    const appliedAt = new Map<string, Date>(rows.map(row => [row.name, row.run_on]))
    return (await knownMigrations()).map(name => ({ name, appliedAt: appliedAt.get(name) ?? null }))
  })

/** Throws, and says what to do, when the schema lacks migrations of this version. */
export const refuseBehind = (missing: readonly string[]): void => {
  if (missing.length === 0) return
  throw new Error(`the schema of the database is behind (${missing.join(', ')}). Run: npm run migrate -- up`)
}

/** The migrations of this version that a database lacks, and those it has that this version does not know. */
export const compareMigrations = async (database: Database) => {
  const [known, applied] = await Promise.all([knownMigrations(), appliedMigrations(database)])
  return {
    newest: known.at(-1),
    missing: known.filter(name => !applied.includes(name)),
    unknown: applied.filter(name => !known.includes(name)),
  }
}

/** The names of the migrations of this version, oldest first. */
const knownMigrations = async (): Promise<string[]> => {
  const files = (await readdir(DIRECTORY)).filter(file => file.endsWith('.sql')).sort()
  return files.map(file => file.replace(/\.sql$/, ''))
}

/** The names of all that are applied, also those that this version does not know. */
const appliedMigrations = async (database: Database): Promise<string[]> => {
  const [table] = await database.query<{ present: boolean }>(HAS_TABLE)
  const rows = table?.present ? await database.query<{ name: string }>(APPLIED) : []
  return rows.map(({ name }) => name)
}

const runMigrations = (
  client: pg.Client,
  where: { direction: 'up' } | { direction: 'down'; count: number },
) =>
  runner({
    dbClient: client,
    dir: DIRECTORY,
    migrationsTable: TABLE,
    checkOrder: true,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    log: () => {},
    ...where,
  })

const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const connectionString = await findPrimary(url, FIND_MS)
  const client = new pg.Client({ connectionString, application_name: 'vestibule migrate' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
