import type { StoreQuietly } from '../../application/register-quietly.ts'
import type {
  FindObstacle,
  NewRegistration,
  Registered,
  StoreRegistration,
} from '../../application/register-user.ts'
import { type SendsBudget, sendsPolicy } from '../../domain/budget.ts'
import { limitedFor, refuse, Unavailable } from '../../domain/refusals.ts'
import type { Database } from './database.ts'
import {
  CODE_IS_DEAD,
  chargedSend,
  codeLength,
  lockedLedger,
  nextSendAt,
  secondsUntil,
  spent,
} from './ledger-sql.ts'

/**
 * A new password makes an end of the failed logins at the one before it: nobody can lock an address in advance.
 * An active account keeps its password, and its count. Its ledger row may be gone and be made by another
 * reminder just now, so that a reminder looks at the budget here, where the newest row is met.
 */
const forRegistration = (budget: SendsBudget) => `,
    login_failures = case when exists (select from registered) then 0 else address_ledger.login_failures end
  where exists (select from registered) or not ${spent(budget)}`

/**
 * With $10, an active account is reminded of itself; without, it is left alone. $11 is the trace. With $12, the
 * messages are leased for so many seconds, as a claim would.
 */
const register = (budget: SendsBudget) => ({
  name: 'register',
  text: `
with ledger as materialized (${lockedLedger('$1', budget)}
),
before as (
  select id, activated_at from users where email = $3
),
registered as (
  insert into users (id, email, password_hash, locale, code_id, code_length)
  select $2::uuid, $3, $4, $8, $5, ${codeLength('(select wrong_guesses from ledger)')}
  where not coalesce((select spent from ledger), false)
  on conflict (email) do update set
    id = excluded.id,
    password_hash = excluded.password_hash,
    locale = excluded.locale,
    created_at = now(),
    code_id = excluded.code_id,
    code_length = excluded.code_length,
    code_guesses = 0,
    code_expires_at = null
  where users.activated_at is null and ${CODE_IS_DEAD}
  returning id, email, created_at, code_length
),
to_remind as (
  select id from before
  where $10::boolean and activated_at is not null
),
charged as (${chargedSend('$1', '(select from registered union all select from to_remind) as asked', budget, forRegistration(budget))}
  returning address_hash
),
reminded as (
  select to_remind.id from to_remind, charged
),
enqueued as (
  insert into outbox (user_id, id, topic, payload, correlation_id, trace_parent, due_at, attempts)
  select user_id, id, topic, payload, $9, $11, now() + make_interval(secs => coalesce($12, 0)), num_nonnulls($12)
  from (
    select id, $6::uuid, 'mail', jsonb_build_object('code_id', $5::text) from registered
    union all
    select id, $7::uuid, 'event', jsonb_build_object('type', 'user.registered', 'email', email) from registered
    union all
    select id, $6::uuid, 'mail', '{}' from reminded
  ) as message (user_id, id, topic, payload)
)
select id, email, created_at, code_length, (select id from before) as replaced_id from registered
union all
select id, null, null, null, null from reminded`,
})

/** A statement of its own, because it must see what the winner of a race has committed. */
const explain = (budget: SendsBudget) => ({
  name: 'register-explain',
  text: `
select
  exists (
    select from users where email = $2 and (activated_at is not null or not (${CODE_IS_DEAD}))
  ) as taken,
  (
    select ${secondsUntil(nextSendAt(budget))} from address_ledger where address_hash = $1
  ) as wait_seconds`,
})

type RegisterRow = { id: string } & (
  | { email: string; created_at: Date; code_length: number; replaced_id: string | null }
  | { email: null }
)

const MAX_TRIES = 3

export const registrationStatements = (
  database: Database,
  settings: {
    hashAddress: (email: string) => Buffer
    sendsBudget: SendsBudget
    traceParent: () => string | undefined
    leaseSeconds: number
  },
): { storeRegistration: StoreRegistration; storeQuietly: StoreQuietly; findObstacle: FindObstacle } => {
  const { hashAddress, sendsBudget: budget, traceParent, leaseSeconds } = settings
  const registerStatement = register(budget)
  const explainStatement = explain(budget)

  const store = async (
    registration: NewRegistration,
    { remind = false, leased = false },
  ): Promise<RegisterRow | undefined> => {
    const { userId, email, passwordHash, codeId, mailId, eventId, locale, correlationId } = registration
    const [row] = await database.query<RegisterRow>(registerStatement, [
      hashAddress(email),
      userId,
      email,
      passwordHash,
      codeId,
      mailId,
      eventId,
      locale,
      correlationId,
      remind,
      traceParent(),
      leased ? leaseSeconds : null,
    ])
    return row
  }

  const findObstacle: FindObstacle = async email => {
    const [obstacle] = await database.query<{ taken: boolean; wait_seconds: number | null }>(
      explainStatement,
      [hashAddress(email), email],
    )
    if (obstacle?.taken) return refuse({ refusal: 'email_taken' })
    return limitedFor(sendsPolicy(budget), obstacle?.wait_seconds ?? 0)
  }

  return {
    findObstacle,

    storeRegistration: async (registration, leased = false) => {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const row = await store(registration, { leased })
        if (row?.email) return { ok: true, ...registeredBy(row) }
        const obstacle = await findObstacle(registration.email)
        if (obstacle) return obstacle
        // What stood in the way has gone in between: the code of the other registration has just run out.
      }
      throw new Unavailable('the registration kept meeting others')
    },

    storeQuietly: async registration => {
      const row = await store(registration, { remind: true })
      if (!row) return { result: 'nothing' }
      return row.email === null
        ? { result: 'reminded', userId: row.id }
        : { result: 'registered', ...registeredBy(row) }
    },
  }
}

const registeredBy = (row: RegisterRow & { email: string }): Registered => ({
  user: { id: row.id, email: row.email, createdAt: row.created_at, activatedAt: null },
  codeLength: row.code_length,
  replacedUserId: row.replaced_id ?? undefined,
})
