import { DatabaseSync } from 'node:sqlite'

/** As much of a CloudEvent as this consumer needs. Whatever else is in it, now or later, is left alone. */
export type Event = { id: string; type: string; data: { id: string; email?: string } }

/**
 * A database of accounts, made from events alone. Each event has its effect once, however often it is delivered:
 * its id is stored in the transaction that does what the event asks for, so that either both have happened or
 * neither. Any database with transactions will do.
 */
export const openInbox = (path: string) => {
  const database = new DatabaseSync(path)
  database.exec(`
    create table if not exists taken (id text primary key, taken_at text default current_timestamp);
    create table if not exists accounts (id text primary key, email text not null, active integer not null default 0);
  `)
  const remember = database.prepare('insert into taken (id) values (?) on conflict do nothing')
  const add = database.prepare('insert into accounts (id, email) values (?, ?)')
  const activate = database.prepare('update accounts set active = 1 where id = ?')
  const remove = database.prepare('delete from accounts where id = ?')

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

  function apply({ type, data }: Event): void {
    if (type === 'user.registered.v1') add.run(data.id, data.email ?? '')
    if (type === 'user.activated.v1') activate.run(data.id)
    if (type === 'user.deleted.v1') remove.run(data.id)
  }
}
