import pg from 'pg'

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
