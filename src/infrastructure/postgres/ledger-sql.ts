import { CODE_LENGTHS } from '../../domain/activation-code.ts'
import type { SendsBudget } from '../../domain/budget.ts'

/**
 * Pieces of SQL that more than one statement needs to read the ledger the same way. They contain only numbers
 * of ours, never input.
 */

/**
 * When the next mail may be sent to the address of a ledger row. `sent_at` is newest first, so that its n-th
 * element is the oldest of the last n. An element that is not there is null, which `greatest` passes over;
 * there is no element 0, which is how a budget of 0 switches itself off.
 */
export const nextSendAt = (budget: SendsBudget, row = 'address_ledger'): string =>
  `greatest(
      ${row}.sent_at[${budget.spacingSeconds > 0 ? 1 : 0}] + interval '${budget.spacingSeconds} seconds',
      ${row}.sent_at[${budget.perHour}] + interval '1 hour',
      ${row}.sent_at[${budget.perDay}] + interval '1 day'
    )`

/** The sends to remember once this one is added. */
export const withThisSend = (budget: SendsBudget, row: string): string =>
  `(array_prepend(now(), ${row}.sent_at))[1:${Math.max(1, budget.perHour, budget.perDay)}]`

/** The length of the next code, from the wrong guesses the ledger holds (`null` for none). */
export const codeLength = (wrongGuesses: string): string => {
  const cases = CODE_LENGTHS.toReversed().map(
    ({ fromWrongGuesses, digits }) =>
      `when coalesce(${wrongGuesses}, 0) >= ${fromWrongGuesses} then ${digits}`,
  )
  return `case ${cases.join(' ')} end`
}
