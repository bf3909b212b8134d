import type { FindAccount } from '../../application/authenticate.ts'
import { loginFailuresPolicy, type SendsBudget, sendsPolicy } from '../../domain/budget.ts'
import { limitedFor } from '../../domain/refusals.ts'
import type { Database } from './database.ts'
import { loginWaitSeconds, nextSendAt, secondsUntil } from './ledger-sql.ts'

/** One row always: an address may have a user, a ledger, both or neither. */
const find = (budget: SendsBudget, loginFailuresPerDay: number) => ({
  name: 'find-account',
  text: `
select
  users.id, users.email, users.password_hash, users.created_at, users.activated_at,
  ${loginFailuresPerDay > 0 ? loginWaitSeconds(loginFailuresPerDay) : 0} as login_wait_seconds,
  ${secondsUntil(nextSendAt(budget))} as send_wait_seconds
from (values ($1::text, $2::bytea)) as asked (email, address_hash)
left join users on users.email = asked.email
left join address_ledger on address_ledger.address_hash = asked.address_hash`,
})

type Row = { login_wait_seconds: number; send_wait_seconds: number } & (
  | { id: string; email: string; password_hash: string; created_at: Date; activated_at: Date | null }
  | { id: null }
)

export const findAccount = (
  database: Database,
  hashAddress: (email: string) => Buffer,
  budget: SendsBudget,
  loginFailuresPerDay: number,
): FindAccount => {
  const statement = find(budget, loginFailuresPerDay)

  return async email => {
    const [row] = await database.query<Row>(statement, [email, hashAddress(email)])
    if (!row) throw new Error('find-account returned no row')
    return {
      account: accountOf(row),
      loginRefused: limitedFor(loginFailuresPolicy(loginFailuresPerDay), row.login_wait_seconds),
      sendRefused: limitedFor(sendsPolicy(budget), row.send_wait_seconds),
    }
  }
}

const accountOf = (row: Row): Awaited<ReturnType<FindAccount>>['account'] =>
  row.id === null
    ? undefined
    : {
        user: { id: row.id, email: row.email, createdAt: row.created_at, activatedAt: row.activated_at },
        passwordHash: row.password_hash,
      }
