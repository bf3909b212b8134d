import type { CountGuess } from '../../application/activate-user.ts'
import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import type { Database } from './database.ts'
import { chargedGuess, ledgerRow } from './ledger-sql.ts'

/**
 * Reading `ledger` in the update locks the ledger row before the user's, as every statement does. A code whose
 * mail has not been settled yet (`code_expires_at is null`) is usable: it may have been handed over already.
 *
 * Who has a code is pending (`users_check`). Saying so would lead PostgreSQL to the index of all pending users, which
 * statistics often take for empty, instead of to the one user by its key.
 */
const statement = {
  name: 'count-guess',
  text: `
with ledger as materialized (${ledgerRow('$2')}),
counted as (
  update users set code_guesses = code_guesses + 1
  from (select count(*) from ledger) as locked
  where id = $1
    and code_id is not null
    and code_guesses < ${GUESSES_PER_CODE}
    and (code_expires_at is null or code_expires_at > now())
  returning code_id, code_length, code_guesses
),
charged as (${chargedGuess('$2', 'counted')}
)
select code_id, code_length, code_guesses from counted`,
}

export const countGuess =
  (database: Database, hashAddress: (email: string) => Buffer): CountGuess =>
  async user => {
    const [row] = await database.query<{ code_id: string; code_length: number; code_guesses: number }>(
      statement,
      [user.id, hashAddress(user.email)],
    )
    return row && { codeId: row.code_id, codeLength: row.code_length, guess: row.code_guesses }
  }
