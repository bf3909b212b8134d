import { DatabaseSync } from 'node:sqlite'
import { createInbox, type Event } from './inbox.ts'

/** A table of accounts, made from events alone; what comes back takes them. */
export const openAccounts = (path: string) => {
  const database = new DatabaseSync(path)
  database.exec(
    'create table if not exists accounts (id text primary key, email text not null, active integer not null default 0)',
  )
  const add = database.prepare('insert into accounts (id, email) values (?, ?)')
  const activate = database.prepare('update accounts set active = 1 where id = ?')
  const remove = database.prepare('delete from accounts where id = ?')

  return createInbox(database, ({ type, data }: Event) => {
    if (type === 'user.registered.v1') add.run(data.id, data.email ?? '')
    if (type === 'user.activated.v1') activate.run(data.id)
    if (type === 'user.deleted.v1') remove.run(data.id)
  })
}
