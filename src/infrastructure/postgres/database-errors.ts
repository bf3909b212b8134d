import pg from 'pg'
import { Unavailable } from '../../domain/refusals.ts'

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

export const isLostRace = (error: unknown): boolean => LOST_RACE.has(sqlState(error))

/** True when another server has to be looked for. */
export const isLostServer = (error: unknown): boolean =>
  error instanceof pg.DatabaseError
    ? LOST_SERVER.test(sqlState(error))
    : !POOL_IS_BUSY.test((error as Error).message)

const sqlState = (error: unknown): string =>
  error instanceof pg.DatabaseError && typeof error.code === 'string' ? error.code : ''

/** What a caller is told: `Unavailable` when the database cannot answer now, else the error itself, without details. */
export const translated = (error: unknown): unknown => {
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
export const withoutDetails = (error: unknown): unknown => {
  if (error instanceof pg.DatabaseError) {
    error.detail = undefined
    error.where = undefined
    error.internalQuery = undefined
  }
  return error
}
