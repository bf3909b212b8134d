import type { SettleMessages, Settlement } from '../../application/outbox.ts'
import type { Database } from './database.ts'

/**
 * The event of a mail that is given up is enqueued for the reader it was meant for, in the same statement: a
 * mail that nobody waits for any more is given up in silence.
 *
 * The minute is counted back from now by how long ago the mail was accepted, so that only the database's clock
 * counts. It is started (or the code given up) only for the code that the mail carried: a code that replaced
 * it meanwhile is left alone. What is accepted is done, whoever hears of it; anything else
 * counts only from whoever made the last attempt, since the mail may be on its way again.
 */
const statement = {
  name: 'settle-messages',
  text: `
with settlement as (
  select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::float8[], $6::text[], $7::uuid[])
    as settlement (user_id, id, attempts, result, seconds, reason, event_id)
),
mine as (
  select outbox.user_id, outbox.id, outbox.topic, outbox.payload->>'code_id' as code_id, outbox.correlation_id,
    outbox.trace_parent, settlement.result, settlement.seconds, settlement.reason, settlement.event_id
  from settlement
  join outbox on outbox.user_id = settlement.user_id and outbox.id = settlement.id
  where settlement.result = 'accepted' or outbox.attempts = settlement.attempts
  order by outbox.id
  for update of outbox
),
removed as (
  delete from outbox using mine
  where outbox.user_id = mine.user_id and outbox.id = mine.id and mine.result <> 'retry'
),
put_back as (
  update outbox set due_at = now() + make_interval(secs => mine.seconds), last_failure = mine.reason
  from mine
  where outbox.user_id = mine.user_id and outbox.id = mine.id and mine.result = 'retry'
),
codes as (
  update users set
    code_id = case when mine.result = 'accepted' then users.code_id end,
    code_expires_at = case when mine.result = 'accepted'
      then now() - make_interval(secs => mine.seconds) + make_interval(secs => $8) end
  from mine
  where mine.topic = 'mail'
    and mine.result in ('accepted', 'given_up')
    and users.id = mine.user_id
    and users.code_id = mine.code_id
  returning users.id as user_id, users.email, mine.id, 'activation_code' as mail
),
reminders as (
  select mine.user_id, users.email, mine.id, 'already_registered' as mail
  from mine join users on users.id = mine.user_id
  where mine.topic = 'mail' and mine.code_id is null
)
insert into outbox (user_id, id, topic, payload, correlation_id, trace_parent)
select user_id, event_id, 'event',
  jsonb_build_object('type', 'mail.given_up', 'email', email, 'mail', mail, 'reason', reason), correlation_id,
  trace_parent
from mine
join (select * from codes union all select * from reminders) as waited_for using (user_id, id)
where mine.result = 'given_up'`,
}

export const settleMessages =
  (database: Database, codeTtlSeconds: number): SettleMessages =>
  async settlements => {
    await database.query(statement, [
      settlements.map(({ userId }) => userId),
      settlements.map(({ id }) => id),
      settlements.map(({ attempts }) => attempts),
      settlements.map(({ result }) => result),
      settlements.map(seconds),
      settlements.map(reason),
      settlements.map(settlement => (settlement.result === 'given_up' ? settlement.eventId : null)),
      codeTtlSeconds,
    ])
  }

/** Of a retry, what is told whoever looks into the outbox; of a mail given up, what its event says. */
const reason = (settlement: Settlement): string | null =>
  settlement.result === 'retry' || settlement.result === 'given_up' ? settlement.reason.slice(0, 500) : null

const seconds = (settlement: Settlement): number => {
  if (settlement.result === 'accepted') return settlement.secondsAgo
  return settlement.result === 'retry' ? settlement.inSeconds : 0
}
