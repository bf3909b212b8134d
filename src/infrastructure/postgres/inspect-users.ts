import type {
  ActivateUnasked,
  DeleteUser,
  FindUser,
  ListUsers,
  UserDetails,
} from '../../application/operate-users.ts'
import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import type { User } from '../../domain/user.ts'
import type { Database } from './database.ts'
import { mayBeOnItsWay } from './lease.ts'
import { activation, IS_PENDING, LOGIN_DAY_RUNS } from './ledger-sql.ts'

const USER = 'users.id, users.email, users.created_at as "createdAt", users.activated_at as "activatedAt"'

/** An id of version 7 begins with the time, so that the primary key has the newest users at its end. */
const LIST = {
  name: 'list-users',
  text: `
select ${USER} from users
where $1::text is null or (activated_at is null) = ($1 = 'pending')
order by id desc
limit $2`,
}

const FIND = {
  name: 'find-user',
  text: `
select
  ${USER}, users.locale,
  case
    when code_id is null then 'none'
    when code_guesses >= ${GUESSES_PER_CODE} then 'exhausted'
    when code_expires_at is null then 'on its way'
    when code_expires_at > now() then 'live'
    else 'expired'
  end as code,
  coalesce(wrong_guesses, 0) as "wrongGuesses",
  case when ${LOGIN_DAY_RUNS} then login_failures else 0 end as "loginFailures",
  (select count(*) from outbox where user_id = users.id)::int as waiting
from users
left join address_ledger on address_hash = $2
where users.email = $1`,
}

/** The ledger knows an address by its keyed hash, which needs the address. */
const FIND_EMAIL = { name: 'find-email', text: 'select email from users where id = $1 or email = $2' }

const ACTIVATE = { name: 'activate-unasked', text: activation(IS_PENDING) }

/**
 * What may be on its way is due within a lease: deleted under the hands of its courier, an event could arrive
 * after `user.deleted`.
 */
const DELETE = {
  name: 'delete-user',
  text: `
with waiting as materialized (
  select ${mayBeOnItsWay('$4')} as leased
  from outbox where user_id = $1
  for update
),
busy as (
  select from waiting where leased
),
deleted as (
  delete from users where id = $1 and not exists (select from busy)
  returning id
),
erased as (
  delete from outbox using deleted where outbox.user_id = deleted.id
),
enqueued as (
  insert into outbox (user_id, id, topic, payload, correlation_id)
  select id, $2, 'event', jsonb_build_object('type', 'user.deleted'), $3 from deleted
)
select exists (select from deleted) as deleted, exists (select from busy) as busy`,
}

/** What the user enqueued while being deleted, which that statement could not see. Now nothing can follow. */
const ERASE_LATE = {
  name: 'erase-late-messages',
  text: 'delete from outbox where user_id = $1 and id <> $2',
}

/** What an operator does with users; none of it is on the way of a request. */
export const inspectUsers = (
  database: Database,
  hashAddress: (email: string) => Buffer,
  leaseSeconds: number,
): {
  listUsers: ListUsers
  findUser: FindUser
  activateUnasked: ActivateUnasked
  deleteUser: DeleteUser
} => ({
  listUsers: ({ state, limit }) => database.query<User>(LIST, [state, limit]),

  findUser: async name => {
    const [found] = await database.query<{ email: string }>(FIND_EMAIL, [
      'id' in name ? name.id : null,
      'email' in name ? name.email : null,
    ])
    if (!found) return undefined
    const [user] = await database.query<UserDetails>(FIND, [found.email, hashAddress(found.email)])
    return user
  },

  activateUnasked: async ({ user, eventId, correlationId }) => {
    const values = [user.id, hashAddress(user.email), eventId, correlationId, null]
    return (await database.query(ACTIVATE, values)).length === 1
  },

  deleteUser: async ({ user, eventId, correlationId }) => {
    const values = [user.id, eventId, correlationId, leaseSeconds]
    const [row] = await database.query<{ deleted: boolean; busy: boolean }>(DELETE, values)
    if (row?.deleted) {
      await database.query(ERASE_LATE, [user.id, eventId])
      return 'deleted'
    }
    return row?.busy ? 'busy' : 'unknown'
  },
})
