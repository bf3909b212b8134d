/**
 * How long a claimed message belongs to whoever claimed it. What a killed instance held is claimed by another
 * one after this time. The same for every process on a database, since operators go by it too.
 */
export const LEASE_SECONDS = 10
