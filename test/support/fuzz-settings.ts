/** How much is made up, over all fuzz tests together: a little in every run of the tests, a lot in `npm run fuzz`. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 1500)

/** The same seed makes the same requests; without one every run makes others. */
export const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)

/** A share of all the requests, at least one. */
export const share = (part: number): number => Math.max(1, Math.round(REQUESTS * part))

/** Nothing stands in the way of many requests from one place, and a code lives until it is used. */
export const NO_LIMITS = {
  LIMIT_SEND_SPACING_SECONDS: '0',
  LIMIT_SENDS_PER_HOUR: '0',
  LIMIT_SENDS_PER_DAY: '0',
  LIMIT_LOGIN_FAILURES_PER_DAY: '0',
  CODE_TTL_SECONDS: '3600',
}

/** Counts what was answered, for the report behind a run. */
export const createTally = () => {
  const counts = new Map<string, number>()
  return {
    add: (status: number | string): void => {
      counts.set(String(status), (counts.get(String(status)) ?? 0) + 1)
    },
    has: (status: number): boolean => counts.has(String(status)),
    total: (): number => [...counts.values()].reduce((sum, count) => sum + count, 0),
    toString: (): string =>
      [...counts]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([status, count]) => `${status}: ${count}`)
        .join(', '),
  }
}
