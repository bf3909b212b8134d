import type { RenewLeases } from '../../application/outbox.ts'
import type { Database } from './database.ts'

/** The number of the attempt is the fencing token: whoever was overtaken by another claim renews nothing. */
const statement = {
  name: 'renew-leases',
  text: `
with held as (
  select outbox.user_id, outbox.id
  from unnest($1::uuid[], $2::uuid[], $3::int[]) as claim (user_id, id, attempts)
  join outbox using (user_id, id, attempts)
  order by outbox.id
  for update of outbox
)
update outbox set due_at = now() + make_interval(secs => $4)
from held
where outbox.user_id = held.user_id and outbox.id = held.id`,
}

export const renewLeases =
  (database: Database, leaseSeconds: number): RenewLeases =>
  async messages => {
    await database.query(statement, [
      messages.map(({ userId }) => userId),
      messages.map(({ id }) => id),
      messages.map(({ attempts }) => attempts),
      leaseSeconds,
    ])
  }
