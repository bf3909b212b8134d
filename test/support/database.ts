import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { migrateUp } from '../../src/infrastructure/postgres/migrate.ts'

const TEMPLATE = 'vestibule_template'

/** The server that `run-tests.ts` provides. */
export const serverUrl = (): string => {
  const url = process.env.TEST_DATABASE_URL
  if (!url) throw new Error('tests on a database are run by: npm test, or npm run test:integration')
  return url
}

const inDatabase = (url: string, name: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

const onServer = async (url: string, ...statements: string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Lets a server of the tests' own take no care that what they write survives a power failure. */
export const hurryUp = (url: string): Promise<void> =>
  onServer(
    url,
    'alter system set fsync = off',
    'alter system set full_page_writes = off',
    'select pg_reload_conf()',
  )

/** Makes the migrated database that every test's own is copied from, and returns its URL. */
export const createTemplate = async (url: string): Promise<string> => {
  await onServer(url, `drop database if exists ${TEMPLATE}`, `create database ${TEMPLATE}`)
  const template = inDatabase(url, TEMPLATE)
  await migrateUp(template)
  return template
}

export type TestDatabase = {
  url: string
  /** Rows of a query of the test's own. */
  rows: <Row extends pg.QueryResultRow = Record<string, unknown>>(
    sql: string,
    values?: unknown[],
  ) => Promise<Row[]>
  /** Fails when somebody still holds a connection: a leaked pool. */
  drop: () => Promise<void>
}

/** A database of its own for one test file: migrated, or empty. */
export const createDatabase = async (contents: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onServer(
    serverUrl(),
    `create database ${name} template ${contents === 'migrated' ? TEMPLATE : 'template0'}`,
  )
  const url = inDatabase(serverUrl(), name)
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  return {
    url,
    rows: async (sql, values) => (await pool.query(sql, values)).rows,
    drop: async () => {
      await pool.end()
      await onServer(serverUrl(), `drop database ${name}`)
    },
  }
}
