import type { CountLoginFailure } from '../../application/authenticate.ts'
import { loginFailuresPolicy } from '../../domain/budget.ts'
import { limitedFor } from '../../domain/refusals.ts'
import type { Database } from './database.ts'
import { LOGIN_DAY_RUNS, loginWaitSeconds } from './ledger-sql.ts'

const count = (perDay: number) => ({
  name: 'count-login-failure',
  text: `
insert into address_ledger (address_hash, login_failures, login_failures_since) values ($1, 1, now())
on conflict (address_hash) do update set
  login_failures = case when ${LOGIN_DAY_RUNS} then address_ledger.login_failures + 1 else 1 end,
  login_failures_since = case when ${LOGIN_DAY_RUNS} then address_ledger.login_failures_since else now() end,
  touched_at = now()
returning ${loginWaitSeconds(perDay + 1)} as wait_seconds`,
})

/** With a limit of 0 nothing is counted. */
export const countLoginFailure = (
  database: Database,
  hashAddress: (email: string) => Buffer,
  perDay: number,
): CountLoginFailure => {
  if (perDay === 0) return async () => undefined
  const statement = count(perDay)
  const limit = loginFailuresPolicy(perDay)

  return async email => {
    const [row] = await database.query<{ wait_seconds: number }>(statement, [hashAddress(email)])
    return limitedFor(limit, row?.wait_seconds ?? 0)
  }
}
