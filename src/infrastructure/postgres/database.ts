import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Unavailable } from '../../domain/refusals.ts'

/** One SQL statement. It is prepared once per connection under its name; the SQL behind a name never changes. */
export type Statement = { readonly name: string; readonly text: string }

export type Database = {
  /**
   * Runs one statement, which is its own transaction, and returns its rows. A statement that lost a race
   * (40001, 40P01) is repeated, at most three times. Throws `Unavailable` when the database cannot answer
   * within its time, in which case the statement may or may not have taken effect.
   */
  query: <Row extends pg.QueryResultRow>(statement: Statement, values?: unknown[]) => Promise<Row[]>
  /** True when the database answers within its time. Asks once for all who ask at the same time. */
  answers: () => Promise<boolean>
  close: () => Promise<void>
}

export type DatabaseOptions = {
  url: string
  poolMax: number
  /** How long to wait for a connection, and how long for an answer on it. */
  timeoutMs: number
  log: { warn: (fields: object, message: string) => void }
}

const MAX_REPEATS = 3
/** Class 40: the transaction was rolled back because of another one; repeating it whole is safe. */
const LOST_RACE = new Set(['40001', '40P01'])
/**
 * The database is there but cannot serve now: 53xxx no resources left (disk, memory, connections), 57Pxx being
 * shut down or started, 57014 the statement took too long, 25006 a standby that is read-only.
 */
const CANNOT_SERVE = /^(08(?!P01)...|53...|57P0[1-5]|57014|25006)$/
/** What pg says itself when there is no connection or no answer; it has no codes for it. */
const NO_CONNECTION = /timeout|terminated|ended by|not queryable|cannot use a pool after calling end/i

/** Opens a pool of connections. It connects when first asked, and again by itself after every loss. */
export const openDatabase = (options: DatabaseOptions): Database => {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax,
    connectionTimeoutMillis: options.timeoutMs,
    query_timeout: options.timeoutMs * 5,
    statement_timeout: options.timeoutMs * 5,
    keepAlive: true,
    application_name: 'vestibule',
  })
  // An idle connection that the server closed is no reason to end the process.
  pool.on('error', error =>
    options.log.warn({ err: withoutDetails(error) }, 'a database connection was lost'),
  )

  let asking: Promise<boolean> | undefined

  return {
    query: async (statement, values = []) => {
      for (let repeats = 0; ; repeats += 1) {
        try {
          return (await pool.query({ ...statement, values })).rows
        } catch (error) {
          if (!LOST_RACE.has(sqlState(error))) throw translated(error)
          if (repeats === MAX_REPEATS)
            throw new Unavailable('the statement kept losing races', { cause: withoutDetails(error) })
          await sleep(Math.random() * 20 * 2 ** repeats)
        }
      }
    },
    answers: () => {
      asking ??= pool
        .query('select 1')
        .then(
          () => true,
          () => false,
        )
        .finally(() => {
          asking = undefined
        })
      return asking
    },
    close: () => pool.end(),
  }
}

const sqlState = (error: unknown): string =>
  error instanceof pg.DatabaseError && typeof error.code === 'string' ? error.code : ''

const translated = (error: unknown): unknown => {
  if (!cannotAnswer(error)) return withoutDetails(error)
  return new Unavailable('the database cannot answer', { cause: withoutDetails(error) })
}

const cannotAnswer = (error: unknown): boolean => {
  if (error instanceof pg.DatabaseError) return CANNOT_SERVE.test(sqlState(error))
  const { code, message } = error as NodeJS.ErrnoException
  return /^E[A-Z_]+$/.test(code ?? '') || NO_CONNECTION.test(message)
}

/** What the server says about a row (`detail`, `where`) may quote an address or a hash: it must not reach a log. */
const withoutDetails = (error: unknown): unknown => {
  if (error instanceof pg.DatabaseError) {
    error.detail = undefined
    error.where = undefined
    error.internalQuery = undefined
  }
  return error
}
