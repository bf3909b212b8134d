import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/postgres.ts'

/** A server that counts statements, by pg_stat_statements; it goes with `running`. */
export const provideCountingServer = async (running: AsyncDisposableStack): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-peers-'))
  running.defer(() => rm(folder, { recursive: true, force: true }))
  // What is preloaded is read at the start alone.
  const first = await startEmbeddedPostgres(folder)
  await ask(first.url, `alter system set shared_preload_libraries = 'pg_stat_statements'`)
  await first.stop()
  const { url, stop } = await startEmbeddedPostgres(folder)
  running.defer(stop)
  await ask(url, 'create extension pg_stat_statements')
  return url
}

/** Creates a database on the server; returns where it is. */
export const createDatabase = async (server: string, name: string): Promise<string> => {
  await ask(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = name
  return url.href
}

/** Statements that clients have sent to a database so far, `begin` and `commit` among them. */
export const statements = async (server: string, database: string): Promise<number> => {
  const [row] = await ask(
    server,
    `select coalesce(sum(calls), 0)::int as sent
     from pg_stat_statements as statement
     join pg_database on pg_database.oid = statement.dbid
     where statement.toplevel and pg_database.datname = '${database}'`,
  )
  return Number(row?.sent)
}

/** How many rows each of its tables has. */
export const rowsOf = async (url: string, tables: readonly string[]): Promise<Record<string, number>> => {
  const counts = tables.map(table => `(select count(*)::int from "${table}") as "${table}"`)
  const [row] = await ask(url, `select ${counts.join(', ')}`)
  return row ?? {}
}

/** Asks once, on a connection of its own. */
export const ask = async <Row extends pg.QueryResultRow = Record<string, number>>(
  url: string,
  text: string,
): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<Row>(text)
  await client.end()
  return rows
}
