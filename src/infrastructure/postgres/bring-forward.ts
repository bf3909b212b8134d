import type { BringForward } from '../../application/outbox.ts'
import type { Database } from './database.ts'

/** What is leased is due within a lease; whatever else has failed before waits for nobody any more. */
const statement = {
  name: 'bring-forward',
  text: `
update outbox set due_at = created_at
where topic = $1
  and last_failure is not null
  and due_at not between now() and now() + make_interval(secs => $2)`,
}

export const bringForward =
  (database: Database, leaseSeconds: number): BringForward =>
  async topic => {
    await database.query(statement, [topic, leaseSeconds])
  }
