import type { Database } from './database.ts'

const NOW = { name: 'now', text: 'select clock_timestamp() as now' }
/** A clock that runs off by itself takes days for what anybody would notice. */
const ASK_AGAIN_MS = 60_000

/**
 * The time of the database, which all instances share, for those outside to whom an instance must not seem to
 * live in the past. It is asked for now and then; in between it is counted on from there, on a clock that never
 * jumps.
 */
export const databaseClock = async (database: Database): Promise<() => Date> => {
  const ask = async () => {
    const [row] = await database.query<{ now: Date }>(NOW)
    return { time: row?.now.getTime() ?? Number.NaN, at: performance.now() }
  }
  let known = await ask()
  let asking = false

  const askAgain = async (): Promise<void> => {
    asking = true
    // What was known before is good for longer than any database is away.
    known = await ask().catch(() => known)
    asking = false
  }

  return () => {
    const since = performance.now() - known.at
    if (since > ASK_AGAIN_MS && !asking) void askAgain()
    return new Date(known.time + since)
  }
}
