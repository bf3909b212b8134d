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
export const nextSendAt = (budget: SendsBudget): string =>
  `greatest(
      address_ledger.sent_at[${budget.spacingSeconds > 0 ? 1 : 0}] + interval '${budget.spacingSeconds} seconds',
      address_ledger.sent_at[${budget.perHour}] + interval '1 hour',
      address_ledger.sent_at[${budget.perDay}] + interval '1 day'
    )`

/**
 * The ledger row of an address, locked, and whether its sends budget is spent. Every statement that needs the
 * row locks it first: whoever waits for it then reads what the one before has written, and two statements
 * cannot deadlock.
 */
export const lockedLedger = (address: string, budget: SendsBudget): string => `
  select wrong_guesses, coalesce(${nextSendAt(budget)} > now(), false) as spent
  from address_ledger
  where address_hash = ${address}
  for update`

/** Adds a send to the ledger of an address, if the relation that asks for it has a row. */
export const chargedSend = (address: string, askedBy: string, budget: SendsBudget): string => `
  insert into address_ledger (address_hash, sent_at)
  select ${address}, array[now()] from ${askedBy}
  on conflict (address_hash) do update set
    sent_at = (array_prepend(now(), address_ledger.sent_at))[1:${Math.max(1, budget.perHour, budget.perDay)}],
    touched_at = now()`

/** The length of the next code, from the wrong guesses the ledger holds (`null` for none). */
export const codeLength = (wrongGuesses: string): string => {
  const cases = CODE_LENGTHS.toReversed().map(
    ({ fromWrongGuesses, digits }) =>
      `when coalesce(${wrongGuesses}, 0) >= ${fromWrongGuesses} then ${digits}`,
  )
  return `case ${cases.join(' ')} end`
}
