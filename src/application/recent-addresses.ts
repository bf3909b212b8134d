/** Two generations of this many addresses take some 10 MB when they are full. */
const GENERATION = 50_000

/**
 * Remembers the addresses that this instance has lately dealt with, in bounded memory: at least the last
 * 50,000 of them, at most twice as many. It is a hint where looking into the database pays, never a decision.
 */
export const createRecentAddresses = (generation = GENERATION) => {
  let newer = new Set<string>()
  let older = new Set<string>()
  return {
    has: (email: string): boolean => newer.has(email) || older.has(email),
    add: (email: string): void => {
      if (newer.size >= generation && !newer.has(email)) {
        older = newer
        newer = new Set()
      }
      newer.add(email)
    },
  }
}

export type RecentAddresses = ReturnType<typeof createRecentAddresses>
