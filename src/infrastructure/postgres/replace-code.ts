import type { ReplaceCode } from '../../application/resend-code.ts'
import { type SendsBudget, sendsPolicy } from '../../domain/budget.ts'
import { rateLimited, refuse } from '../../domain/refusals.ts'
import type { Database } from './database.ts'
import { chargedSend, codeLength, IS_PENDING, lockedLedger, nextSendAt, secondsUntil } from './ledger-sql.ts'

const replace = (budget: SendsBudget) => ({
  name: 'replace-code',
  text: `
with ledger as materialized (${lockedLedger('$2', budget)}
),
replaced as (
  update users set
    code_id = $3,
    code_length = ${codeLength('(select wrong_guesses from ledger)')},
    code_guesses = 0,
    code_expires_at = null
  where id = $1
    and ${IS_PENDING}
    and not coalesce((select spent from ledger), false)
  returning id
),
charged as (${chargedSend('$2', 'replaced', budget)}
  returning ${secondsUntil(nextSendAt(budget))} as wait_seconds
),
enqueued as (
  insert into outbox (user_id, id, topic, payload, correlation_id, trace_parent)
  select id, $4, 'mail', jsonb_build_object('code_id', $3::text), $5, $6 from replaced
)
select wait_seconds from charged`,
})

const explain = (budget: SendsBudget) => ({
  name: 'replace-code-explain',
  text: `
select
  (select activated_at is not null from users where id = $1) as active,
  (
    select ${secondsUntil(nextSendAt(budget))} from address_ledger where address_hash = $2
  ) as wait_seconds`,
})

export const replaceCode = (
  database: Database,
  hashAddress: (email: string) => Buffer,
  budget: SendsBudget,
  traceParent: () => string | undefined,
): ReplaceCode => {
  const replaceStatement = replace(budget)
  const explainStatement = explain(budget)

  return async ({ user, codeId, mailId, correlationId }) => {
    const address = hashAddress(user.email)
    const [replaced] = await database.query<{ wait_seconds: number }>(replaceStatement, [
      user.id,
      address,
      codeId,
      mailId,
      correlationId,
      traceParent(),
    ])
    if (replaced) return { ok: true, retryAfterSeconds: replaced.wait_seconds }

    const [obstacle] = await database.query<{ active: boolean | null; wait_seconds: number | null }>(
      explainStatement,
      [user.id, address],
    )
    if (obstacle?.active) return refuse({ refusal: 'already_active' })
    if (obstacle?.active === null) return refuse({ refusal: 'invalid_credentials' })
    const retryAfterSeconds = Math.max(1, obstacle?.wait_seconds ?? 0)
    return rateLimited(sendsPolicy(budget), retryAfterSeconds)
  }
}
