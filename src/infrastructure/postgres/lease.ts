/**
 * How long a claimed message belongs to whoever claimed it. What a killed instance held is claimed by another
 * one after this time. The same for every process on a database, since operators go by it too.
 */
export const LEASE_SECONDS = 10

/** True of a message of the outbox while somebody may hold it: what is leased is due within a lease. */
export const mayBeOnItsWay = (leaseSeconds: string): string =>
  `(due_at > now() and due_at <= now() + make_interval(secs => ${leaseSeconds}))`
