import type {
  ClaimMessage,
  ListMessages,
  RetryMessages,
  WaitingMessage,
} from '../../application/operate-outbox.ts'
import type { Database } from './database.ts'
import { mayBeOnItsWay } from './lease.ts'

const LIST = {
  name: 'list-messages',
  text: `
select
  outbox.id, topic, user_id as "userId", outbox.created_at as "createdAt", attempts,
  last_failure as "lastFailure", correlation_id as "correlationId",
  coalesce(payload->>'email', users.email) as email,
  case
    when topic = 'event' then payload->>'type'
    when payload ? 'code_id' then 'activation_code'
    else 'already_registered'
  end as kind,
  extract(epoch from now() - outbox.created_at)::float8 as "ageSeconds",
  extract(epoch from due_at - now())::float8 as "dueInSeconds"
from outbox
left join users on users.id = user_id
where ($1::text is null or topic = $1) and ($2::uuid is null or outbox.id = $2)
order by outbox.created_at, outbox.id
limit $3`,
}

/** What is leased is due within a lease, so that whatever waits for longer is on its way nowhere. */
const RETRY = {
  name: 'retry-messages',
  text: `
update outbox set due_at = now() + make_interval(secs => $2)
where ($1::uuid is null or id = $1) and due_at > now() + make_interval(secs => $2)
returning id`,
}

const CLAIM = {
  name: 'claim-message',
  text: `
with it as (
  select user_id, id, not ${mayBeOnItsWay('$2')} as free
  from outbox where id = $1
  for update
),
claimed as (
  update outbox set due_at = now() + make_interval(secs => $2), attempts = attempts + 1
  from it
  where outbox.user_id = it.user_id and outbox.id = it.id and it.free
  returning outbox.id, outbox.user_id, outbox.topic, outbox.attempts
)
select topic, it.user_id as "userId", it.id, attempts from it left join claimed using (id)`,
}

type Row = Omit<WaitingMessage, 'email' | 'lastFailure'> & {
  email: string | null
  lastFailure: string | null
}

/** What an operator does with the outbox; none of it is on the way of a request. */
export const inspectOutbox = (
  database: Database,
  leaseSeconds: number,
): {
  listMessages: ListMessages
  retryMessages: RetryMessages
  claimMessage: ClaimMessage
} => ({
  listMessages: async ({ topic, id, limit }) => {
    const rows = await database.query<Row>(LIST, [topic, id, limit])
    return rows.map(row => ({
      ...row,
      email: row.email ?? undefined,
      lastFailure: row.lastFailure ?? undefined,
    }))
  },

  retryMessages: async id => (await database.query(RETRY, [id, leaseSeconds])).length,

  claimMessage: async id => {
    const [row] = await database.query<Exclude<Awaited<ReturnType<ClaimMessage>>, string>>(CLAIM, [
      id,
      leaseSeconds,
    ])
    if (!row) return 'unknown'
    return row.topic === null ? 'busy' : row
  },
})
