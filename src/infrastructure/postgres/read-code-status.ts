import type { CodeStatus } from '../../application/look-at-code.ts'
import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import type { SendsBudget } from '../../domain/budget.ts'
import type { User } from '../../domain/user.ts'
import type { Database } from './database.ts'
import { IS_PENDING, nextSendAt, secondsUntil } from './ledger-sql.ts'

const read = (budget: SendsBudget) => ({
  name: 'read-code-status',
  text: `
select
  code_id,
  code_length as length,
  case when code_id is null then 0 else ${GUESSES_PER_CODE} - code_guesses end as attempts_left,
  case when code_expires_at is not null then ${secondsUntil('code_expires_at')} end as expires_in,
  ${secondsUntil(nextSendAt(budget))} as resend_in
from users
left join address_ledger on address_hash = $2
where id = $1 and ${IS_PENDING}`,
})

type Row = {
  code_id: string | null
  length: number
  attempts_left: number
  expires_in: number | null
  resend_in: number
}

/** Also tells the id of the code, for whoever counts its guesses. */
export const readCodeStatus = (
  database: Database,
  hashAddress: (email: string) => Buffer,
  budget: SendsBudget,
): ((user: User) => Promise<(CodeStatus & { codeId: string | undefined }) | undefined>) => {
  const statement = read(budget)
  return async ({ id, email }) => {
    const [row] = await database.query<Row>(statement, [id, hashAddress(email)])
    return (
      row && {
        codeId: row.code_id ?? undefined,
        length: row.length,
        attemptsLeft: row.attempts_left,
        expiresInSeconds: row.expires_in ?? undefined,
        resendInSeconds: row.resend_in,
      }
    )
  }
}
