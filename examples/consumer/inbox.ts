import type { DatabaseSync } from 'node:sqlite'

/** As much of a CloudEvent as these examples need. Whatever else is in it, now or later, is left alone. */
export type Event = { id: string; type: string; data: { id: string; email?: string } }

/**
 * Gives each event its effect once, however often it is delivered: its id is stored in the transaction that applies
 * it, so that either both have happened or neither. Any database with transactions will do.
 */
export const createInbox = (database: DatabaseSync, apply: (event: Event) => void) => {
  database.exec(
    'create table if not exists taken (id text primary key, taken_at text default current_timestamp)',
  )
  const remember = database.prepare('insert into taken (id) values (?) on conflict do nothing')

  return {
    /** Returns when the event has had its effect; false if it had it before. */
    take: (event: Event): boolean => {
      database.exec('begin immediate')
      try {
        const isNew = remember.run(event.id).changes === 1
        if (isNew) apply(event)
        database.exec('commit')
        return isNew
      } catch (error) {
        database.exec('rollback')
        throw error
      }
    },
  }
}
