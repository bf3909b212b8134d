import type { StoreRegistration } from '../../application/register-user.ts'
import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import type { SendsBudget } from '../../domain/budget.ts'
import { refuse, Unavailable } from '../../domain/refusals.ts'
import type { Database } from './database.ts'
import { chargedSend, codeLength, lockedLedger, nextSendAt } from './ledger-sql.ts'

/**
 * A pending registration in this state may be replaced: its code is given up, exhausted or expired. A code whose
 * mail has not been accepted yet has no expiry to compare with, which must not make the answer null.
 */
const CODE_IS_DEAD = `(
  users.code_id is null or users.code_guesses >= ${GUESSES_PER_CODE} or users.code_expires_at <= now()
) is true`

const register = (budget: SendsBudget) => ({
  name: 'register',
  text: `
with ledger as materialized (${lockedLedger('$1', budget)}
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
  returning id, email, created_at
),
charged as (${chargedSend('$1', 'registered', budget)}
),
enqueued as (
  insert into outbox (user_id, id, topic, payload, correlation_id)
  select id, $6::uuid, 'mail', jsonb_build_object('code_id', $5::text), $9 from registered
  union all
  select id, $7::uuid, 'event', jsonb_build_object('type', 'user.registered', 'email', email), $9 from registered
)
select id, email, created_at from registered`,
})

/** Why nothing was registered. A statement of its own, because it must see what the winner has committed. */
const explain = (budget: SendsBudget) => ({
  name: 'register-explain',
  text: `
select
  exists (
    select from users where email = $2 and (activated_at is not null or not (${CODE_IS_DEAD}))
  ) as taken,
  (
    select ceil(extract(epoch from ${nextSendAt(budget)} - now()))::int
    from address_ledger where address_hash = $1
  ) as wait_seconds`,
})

const MAX_TRIES = 3

export const storeRegistration = (
  database: Database,
  hashAddress: (email: string) => Buffer,
  budget: SendsBudget,
): StoreRegistration => {
  const registerStatement = register(budget)
  const explainStatement = explain(budget)

  return async registration => {
    const { userId, email, passwordHash, codeId, mailId, eventId, locale, correlationId } = registration
    const address = hashAddress(email)
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const [user] = await database.query<{ id: string; email: string; created_at: Date }>(
        registerStatement,
        [address, userId, email, passwordHash, codeId, mailId, eventId, locale, correlationId],
      )
      if (user) {
        return {
          ok: true,
          user: { id: user.id, email: user.email, createdAt: user.created_at, activatedAt: null },
        }
      }
      const [obstacle] = await database.query<{ taken: boolean; wait_seconds: number | null }>(
        explainStatement,
        [address, email],
      )
      if (obstacle?.taken) return refuse({ refusal: 'email_taken' })
      const wait = obstacle?.wait_seconds ?? 0
      if (wait > 0) return refuse({ refusal: 'rate_limited', retryAfterSeconds: wait })
      // What stood in the way has gone in between: the code of the other registration has just run out.
    }
    throw new Unavailable('the registration kept meeting others')
  }
}
