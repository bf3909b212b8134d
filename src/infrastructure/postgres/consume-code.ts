import type { ConsumeCode } from '../../application/activate-user.ts'
import type { Database } from './database.ts'

/** Who has a code is pending: see `count-guess`. */
const statement = {
  name: 'consume-code',
  text: `
with ledger as materialized (
  select address_hash from address_ledger where address_hash = $3 for update
),
activated as (
  update users set
    activated_at = now(),
    code_id = null,
    code_length = null,
    code_guesses = 0,
    code_expires_at = null
  from (select count(*) from ledger) as locked
  where id = $1
    and code_id = $2
    and (code_expires_at is null or code_expires_at > now())
  returning id, email
),
forgiven as (
  update address_ledger set wrong_guesses = 0, touched_at = now()
  from activated
  where address_hash = $3
),
enqueued as (
  insert into outbox (user_id, id, topic, payload, correlation_id, trace_parent)
  select id, $4, 'event', jsonb_build_object('type', 'user.activated', 'email', email), $5, $6 from activated
)
select id from activated`,
}

export const consumeCode =
  (
    database: Database,
    hashAddress: (email: string) => Buffer,
    traceParent: () => string | undefined,
  ): ConsumeCode =>
  async ({ user, codeId, eventId, correlationId }) => {
    const rows = await database.query(statement, [
      user.id,
      codeId,
      hashAddress(user.email),
      eventId,
      correlationId,
      traceParent(),
    ])
    return rows.length === 1
  }
