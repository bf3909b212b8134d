import type { Database } from './database.ts'

/** Hears of each statement: its name, how long it took (repeats and waiting included), and whether it succeeded. */
export type StatementObserver = (name: string, seconds: number, ok: boolean) => void

/** The same database, whose statements are told to an observer. */
export const observedDatabase = (database: Database, observe: StatementObserver): Database => ({
  ...database,
  query: async (statement, values) => {
    const begun = performance.now()
    let ok = false
    try {
      const rows = await database.query<never>(statement, values)
      ok = true
      return rows
    } finally {
      observe(statement.name, (performance.now() - begun) / 1000, ok)
    }
  },
})
