import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Unavailable } from '../../domain/refusals.ts'
import { findPrimary, refuseReadOnly } from './primary.ts'

/** One SQL statement. It is prepared once per connection under its name; the SQL behind a name never changes. */
export type Statement = { readonly name: string; readonly text: string }

export type Database = {
  /**
   * Runs one statement, which is its own transaction, and returns its rows. A statement that lost a race
   * (40001, 40P01) is repeated, at most three times. Throws `Unavailable` when the database cannot answer
   * within its time, in which case the statement may or may not have taken effect. A server that takes no writes
   * is asked nothing, not even what could be read there.
   */
  query: <Row extends pg.QueryResultRow>(statement: Statement, values?: unknown[]) => Promise<Row[]>
  /** True when the database answers within its time and takes writes. Asks once for all who ask at the same time. */
  answers: () => Promise<boolean>
  connections: () => ConnectionCounts
  close: () => Promise<void>
}

/** Of all pools; `waiting` counts statements without a connection. */
export type ConnectionCounts = { busy: number; idle: number; waiting: number }

export type DatabaseOptions = {
  /** May name several hosts: see `hostUrls`. */
  url: string
  /** Connections, at most; one more while it is found out which host takes writes. */
  poolMax: number
  /** How long to wait for a connection, and how long for an answer on it. */
  timeoutMs: number
  /** False: each statement is parsed each time, which every pooler can pass on. */
  preparedStatements?: boolean
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

/** The server is gone, or is not the one to write to any more; others than these only say that it is busy. */
const LOST_SERVER = /^(08...|57P0[1-3]|25006)$/
const POOL_IS_BUSY = /timeout exceeded/

/**
 * Opens a pool of connections to whichever host takes writes. It connects when first asked, and again by itself
 * after every loss, to the same host or another one. Each connection is tried before it is used, since what
 * stands behind an address may have become a standby.
 */
export const openDatabase = (options: DatabaseOptions): Database => {
  const { preparedStatements = true, timeoutMs } = options
  const pools = new Map<string, pg.Pool>()
  /** That of the host that was found, or is being looked for; all who ask meanwhile wait for the same search. */
  let primary: Promise<pg.Pool> | undefined
  let asking: Promise<boolean> | undefined
  let closed = false

  return {
    query: async ({ name, text }, values = []) => {
      const asked = { text, values, ...(preparedStatements && { name }) }
      for (let repeats = 0; ; repeats += 1) {
        try {
          return (await onPrimary(pool => pool.query(asked))).rows
        } catch (error) {
          if (!LOST_RACE.has(sqlState(error))) throw translated(error)
          if (repeats === MAX_REPEATS)
            throw new Unavailable('the statement kept losing races', { cause: withoutDetails(error) })
          await sleep(Math.random() * 20 * 2 ** repeats)
        }
      }
    },
    answers: () => {
      asking ??= onPrimary(refuseReadOnly)
        .then(
          () => true,
          () => false,
        )
        .finally(() => {
          asking = undefined
        })
      return asking
    },
    connections: () => {
      const all = [...pools.values()]
      const sum = (of: (pool: pg.Pool) => number) => all.reduce((total, pool) => total + of(pool), 0)
      const idle = sum(pool => pool.idleCount)
      return { busy: sum(pool => pool.totalCount) - idle, idle, waiting: sum(pool => pool.waitingCount) }
    },
    close: async () => {
      closed = true
      await Promise.all([...pools.values()].map(pool => pool.end()))
    },
  }

  async function onPrimary<Result>(work: (pool: pg.Pool) => Promise<Result>): Promise<Result> {
    primary ??= findPrimary(options.url, timeoutMs).then(poolOf)
    const found = primary
    try {
      return await work(await found)
    } catch (error) {
      if (primary === found && isLost(error)) primary = undefined
      throw error
    }
  }

  function poolOf(url: string): pg.Pool {
    const known = pools.get(url)
    if (known) return known
    if (closed) throw new Unavailable('the database is closed')
    const pool = new pg.Pool({
      connectionString: url,
      max: options.poolMax,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs * 5,
      statement_timeout: timeoutMs * 5,
      keepAlive: true,
      application_name: 'vestibule',
      onConnect: refuseReadOnly,
    })
    // An idle connection that the server closed is no reason to end the process.
    pool.on('error', error => {
      primary = undefined
      options.log.warn({ err: withoutDetails(error) }, 'a database connection was lost')
    })
    pools.set(url, pool)
    return pool
  }
}

const isLost = (error: unknown): boolean =>
  error instanceof pg.DatabaseError
    ? LOST_SERVER.test(sqlState(error))
    : !POOL_IS_BUSY.test((error as Error).message)

const sqlState = (error: unknown): string =>
  error instanceof pg.DatabaseError && typeof error.code === 'string' ? error.code : ''

const translated = (error: unknown): unknown => {
  if (!cannotAnswer(error)) return withoutDetails(error)
  return new Unavailable('the database cannot answer', { cause: withoutDetails(error) })
}

const cannotAnswer = (error: unknown): boolean => {
  if (error instanceof pg.DatabaseError) return CANNOT_SERVE.test(sqlState(error)) || isPoolersWord(error)
  const { code, message } = error as NodeJS.ErrnoException
  return /^E[A-Z_]+$/.test(code ?? '') || NO_CONNECTION.test(message)
}

/** PgBouncer calls everything a broken protocol, also that it cannot reach the server; PostgreSQL says so as an ERROR. */
const isPoolersWord = (error: pg.DatabaseError): boolean =>
  error.code === '08P01' && error.severity === 'FATAL'

/** What the server says about a row (`detail`, `where`) may quote an address or a hash: it must not reach a log. */
const withoutDetails = (error: unknown): unknown => {
  if (error instanceof pg.DatabaseError) {
    error.detail = undefined
    error.where = undefined
    error.internalQuery = undefined
  }
  return error
}
