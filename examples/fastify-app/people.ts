import { createHash, randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { createInbox, type Event } from '../consumer/inbox.ts'

export type Person = { id: string; email: string; name: string }

/**
 * The people of this app, and what it keeps of them. It learns from events who they are: somebody is in the table
 * from the moment on at which their address is verified, until their account is deleted.
 */
export const openPeople = (path: string) => {
  const database = new DatabaseSync(path)
  database.exec(`
    create table if not exists people (id text primary key, email text not null, name text not null default '');
    create table if not exists sessions (
      token_hash blob primary key, person text not null references people on delete cascade
    );
  `)
  const add = database.prepare('insert into people (id, email) values (?, ?)')
  const remove = database.prepare('delete from people where id = ?')
  const rename = database.prepare('update people set name = ? where id = ?')
  // No session for somebody who is not there.
  const begin = database.prepare('insert into sessions select ?, id from people where id = ?')
  const find = database.prepare(
    'select id, email, name from people join sessions on person = id where token_hash = ?',
  )

  return {
    ...createInbox(database, ({ type, data }: Event) => {
      if (type === 'user.activated.v1') add.run(data.id, data.email ?? '')
      if (type === 'user.deleted.v1') remove.run(data.id)
    }),
    /** The token of a new session, which is stored nowhere; `undefined` when nobody here has this id. */
    beginSession: (id: string): string | undefined => {
      const token = randomBytes(32).toString('base64url')
      return begin.run(hash(token), id).changes === 1 ? token : undefined
    },
    whoseSession: (token: string) => find.get(hash(token)) as Person | undefined,
    rename: (id: string, name: string): void => void rename.run(name, id),
  }
}

export type People = ReturnType<typeof openPeople>

const hash = (token: string): Buffer => createHash('sha256').update(token).digest()
