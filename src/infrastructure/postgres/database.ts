import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Unavailable } from '../../domain/refusals.ts'
import { isLostRace, isLostServer, translated, withoutDetails } from './database-errors.ts'
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
          if (!isLostRace(error)) throw translated(error)
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
      if (primary === found && isLostServer(error)) primary = undefined
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
