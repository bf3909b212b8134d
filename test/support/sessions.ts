import pg from 'pg'
import type { TestDatabase } from './database.ts'
import type { Bench } from './fixtures.ts'

const OF_THE_SERVICE = `datname = current_database() and application_name = 'vestibule'`

/**
 * Does some work of which so many statements have to wait for another session that has run `sql`; once they do,
 * that one commits.
 */
export const whileAnotherCommits = async <T>(
  { url, rows }: Pick<TestDatabase, 'url' | 'rows'>,
  sql: string,
  work: () => Promise<T>,
  statements = 1,
): Promise<T> => {
  const other = new pg.Client({ connectionString: url })
  await other.connect()
  try {
    await other.query('begin')
    await other.query(sql)
    const working = work()
    const waiting = `select from pg_stat_activity where ${OF_THE_SERVICE} and wait_event_type = 'Lock'`
    while ((await rows(waiting)).length < statements);
    await other.query('commit')
    return await working
  } finally {
    await other.end()
  }
}

/**
 * Closes the bench, and tells how many deadlocks there were: a statement that met one is repeated, so that
 * nobody else would notice. A session reports what it counted at the latest when it ends.
 */
export const closeAndCountDeadlocks = async (bench: Bench): Promise<number> => {
  await bench.database.close()
  while ((await bench.rows(`select from pg_stat_activity where ${OF_THE_SERVICE}`)).length > 0);
  const [stats] = await bench.rows<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  )
  await bench.drop()
  return Number(stats?.deadlocks)
}
