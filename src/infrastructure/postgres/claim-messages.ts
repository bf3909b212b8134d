import type { ClaimMessages, Message, WantedMail } from '../../application/outbox.ts'
import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import type { DomainEvent } from '../../domain/events.ts'
import type { Database } from './database.ts'

/**
 * A claim moves `due_at` behind the lease, so that a message whose courier has died becomes due again by
 * itself. `skip locked` lets any number of couriers claim at once without meeting. An event waits for those of
 * the same user that came before it.
 */
const statement = {
  name: 'claim-messages',
  text: `
with due_mail as (
  select user_id, id from outbox
  where topic = 'mail' and due_at <= now() - make_interval(secs => $4)
  order by due_at
  limit $1
  for update skip locked
),
due_event as (
  select user_id, id from outbox
  where topic = 'event' and due_at <= now() and not exists (
    select from outbox as earlier
    where earlier.user_id = outbox.user_id
      and earlier.topic = 'event'
      and earlier.created_at < outbox.created_at
  )
  order by due_at
  limit $2
  for update skip locked
),
due as (
  select user_id, id from due_mail union all select user_id, id from due_event
),
claimed as (
  update outbox set due_at = now() + make_interval(secs => $3), attempts = attempts + 1
  from due
  where outbox.user_id = due.user_id and outbox.id = due.id
  returning outbox.*
)
select
  claimed.id, claimed.user_id, topic, payload, correlation_id, trace_parent, attempts, claimed.created_at,
  extract(epoch from now() - claimed.created_at)::float8 as age_seconds,
  users.email, users.locale, users.code_length
from claimed
left join users
  on topic = 'mail'
  and users.id = claimed.user_id
  and case
    when payload ? 'code_id' then code_id = payload->>'code_id' and code_guesses < ${GUESSES_PER_CODE}
    else activated_at is not null
  end
order by claimed.created_at`,
}

type Row = {
  id: string
  user_id: string
  correlation_id: string
  trace_parent: string | null
  attempts: number
  created_at: Date
  age_seconds: number
} & (MailRow | { topic: 'event'; payload: EventPayload })

/** An event without what stands in columns of its own. */
type EventPayload = { type: DomainEvent['type']; email?: string }

type MailRow = { topic: 'mail'; payload: { code_id?: string } } & (
  | { email: string; locale: string; code_length: number }
  | { email: null }
)

export const claimMessages =
  (database: Database, leaseSeconds: number): ClaimMessages =>
  async ({ mail, event, mailOverdueSeconds = 0 }) => {
    const values = [mail, event, leaseSeconds, mailOverdueSeconds]
    const rows = await database.query<Row>(statement, values)
    return rows.map(asMessage)
  }

const asMessage = (row: Row): Message => {
  const trace = row.trace_parent === null ? {} : { traceParent: row.trace_parent }
  const claimed = {
    id: row.id,
    userId: row.user_id,
    attempts: row.attempts,
    ageSeconds: row.age_seconds,
    correlationId: row.correlation_id,
    ...trace,
  }
  if (row.topic === 'event') {
    const { type, ...data } = row.payload
    const event = {
      id: row.id,
      type,
      userId: row.user_id,
      time: row.created_at,
      correlationId: row.correlation_id,
      ...trace,
      data: { id: row.user_id, ...data },
    } as DomainEvent
    return { ...claimed, topic: 'event', event }
  }
  return { ...claimed, topic: 'mail', wanted: wantedMail(row) }
}

const wantedMail = (row: MailRow): WantedMail | undefined => {
  if (row.email === null) return undefined
  const { email, locale, code_length: length } = row
  const id = row.payload.code_id
  return { email, locale, code: id === undefined ? undefined : { id, length } }
}
