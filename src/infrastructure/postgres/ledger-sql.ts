import { CODE_LENGTHS, GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import type { SendsBudget } from '../../domain/budget.ts'

/**
 * Pieces of SQL that more than one statement needs to read a user or the ledger the same way. They contain only
 * numbers of ours, never input.
 */

/**
 * For one user that is found by its key. `activated_at is null` would lead PostgreSQL to the index of all pending
 * users instead, which its statistics take for empty while most are active: it then reads all of it.
 */
export const IS_PENDING = 'num_nulls(users.activated_at) = 1'

/**
 * A pending registration in this state is over: its code is given up, exhausted or expired. A code whose mail has
 * not been accepted yet has no expiry to compare with, which must not make the answer null.
 */
export const CODE_IS_DEAD = `(
  users.code_id is null or users.code_guesses >= ${GUESSES_PER_CODE} or users.code_expires_at <= now()
) is true`

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

/** True while the sends budget of a ledger row is spent. */
export const spent = (budget: SendsBudget): string => `coalesce(${nextSendAt(budget)} > now(), false)`

/**
 * The ledger row of an address, locked, and whether its sends budget is spent. Every statement that needs the
 * row locks it first: whoever waits for it then reads what the one before has written, and two statements
 * cannot deadlock.
 */
export const lockedLedger = (address: string, budget: SendsBudget): string => `
  select wrong_guesses, ${spent(budget)} as spent
  from address_ledger
  where address_hash = ${address}
  for update`

/** Whole seconds until a time, never less than 0; 0 for one that is null. */
export const secondsUntil = (time: string): string =>
  `coalesce(greatest(0, ceil(extract(epoch from ${time} - now()))), 0)::int`

const LOGIN_DAY_ENDS = "(address_ledger.login_failures_since + interval '1 day')"

/** True while failed logins are counted together with those before them. */
export const LOGIN_DAY_RUNS = `(${LOGIN_DAY_ENDS} > now()) is true`

/** Seconds for which an address with this many failed logins, or more, is refused; 0 when it is not. */
export const loginWaitSeconds = (failures: number): string =>
  `case when address_ledger.login_failures >= ${failures} then ${secondsUntil(LOGIN_DAY_ENDS)} else 0 end`

/** Adds a send to the ledger of an address, if the relation that asks for it has a row. `more` follows as it is. */
export const chargedSend = (address: string, askedBy: string, budget: SendsBudget, more = ''): string => `
  insert into address_ledger (address_hash, sent_at)
  select ${address}, array[now()] from ${askedBy}
  on conflict (address_hash) do update set
    sent_at = (array_prepend(now(), address_ledger.sent_at))[1:${Math.max(1, budget.perHour, budget.perDay)}],
    touched_at = now()${more}`

/** The length of the next code, from the wrong guesses the ledger holds (`null` for none). */
export const codeLength = (wrongGuesses: string): string => {
  const cases = CODE_LENGTHS.toReversed().map(
    ({ fromWrongGuesses, digits }) =>
      `when coalesce(${wrongGuesses}, 0) >= ${fromWrongGuesses} then ${digits}`,
  )
  return `case ${cases.join(' ')} end`
}

/** The ledger row of an address, locked, for a statement that needs nothing of it but its place in the order. */
export const ledgerRow = (address: string): string =>
  `select address_hash from address_ledger where address_hash = ${address} for update`

/** Adds a wrong guess to the ledger of an address, if the relation that asks for it has a row. */
export const chargedGuess = (address: string, askedBy: string): string => `
  insert into address_ledger (address_hash, wrong_guesses)
  select ${address}, 1 from ${askedBy}
  on conflict (address_hash) do update set
    wrong_guesses = address_ledger.wrong_guesses + 1,
    touched_at = now()`

/**
 * Activates the user $1, of whom `guard` demands more, forgives the ledger row $2 and enqueues `user.activated`
 * under the id $3, with the correlation id $4 and the `traceparent` $5. Returns the id if it has.
 */
export const activation = (guard: string): string => `
with ledger as materialized (${ledgerRow('$2')}),
activated as (
  update users set
    activated_at = now(),
    code_id = null,
    code_length = null,
    code_guesses = 0,
    code_expires_at = null
  from (select count(*) from ledger) as locked
  where id = $1
    and ${guard}
  returning id, email
),
forgiven as (
  update address_ledger set wrong_guesses = 0, touched_at = now()
  from activated
  where address_hash = $2
),
enqueued as (
  insert into outbox (user_id, id, topic, payload, correlation_id, trace_parent)
  select id, $3, 'event', jsonb_build_object('type', 'user.activated', 'email', email), $4, $5 from activated
)
select id from activated`
