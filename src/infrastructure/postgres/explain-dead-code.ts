import type { ExplainDeadCode } from '../../application/activate-user.ts'
import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import { refuse } from '../../domain/refusals.ts'
import type { Database } from './database.ts'

const statement = {
  name: 'explain-dead-code',
  text: `
select
  activated_at is not null as active,
  code_guesses >= ${GUESSES_PER_CODE} as exhausted
from users where id = $1`,
}

/** Exhausted wins over expired. No code at all (given up, replaced, registration gone) counts as expired. */
export const explainDeadCode =
  (database: Database): ExplainDeadCode =>
  async userId => {
    const [row] = await database.query<{ active: boolean; exhausted: boolean }>(statement, [userId])
    if (row?.active) return refuse({ refusal: 'already_active' })
    return refuse({ refusal: row?.exhausted ? 'exhausted_code' : 'expired_code' })
  }
