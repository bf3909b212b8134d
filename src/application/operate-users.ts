import type { User } from '../domain/user.ts'
import type { Audit } from './audit.ts'

/** A user as an operator sees it who looks into a complaint. */
export type UserDetails = User & {
  /** BCP 47. */
  readonly locale: string
  /** Of a pending user; `none` when the mail with the code was given up, or when the user is active. */
  readonly code: 'none' | 'on its way' | 'live' | 'exhausted' | 'expired'
  /** Wrong guesses at the address's codes since its last activation. */
  readonly wrongGuesses: number
  /** Failed logins of the address since the first one of the day. */
  readonly loginFailures: number
  /** Messages of the user that wait in the outbox. */
  readonly waiting: number
}

export type UserState = 'pending' | 'active'

/** Names one user: by id, or by canonical address. */
export type UserName = { readonly id: string } | { readonly email: string }

/** The newest users, all of them or those in one state; newest first. Throws `Unavailable`. */
export type ListUsers = (which: { state: UserState | undefined; limit: number }) => Promise<User[]>

/** Throws `Unavailable`. */
export type FindUser = (name: UserName) => Promise<UserDetails | undefined>

/**
 * Activates a pending user without a code, forgives the address its wrong guesses and enqueues
 * `user.activated`, in one statement. `false` when the user is active already, or gone. Throws `Unavailable`.
 */
export type ActivateUnasked = (activation: {
  user: User
  eventId: string
  correlationId: string
}) => Promise<boolean>

/**
 * Deletes a user with everything that waits for it in the outbox, and enqueues `user.deleted`, in one statement.
 * `busy`: a message of the user may be on its way, for a lease at most; nothing was deleted. Throws `Unavailable`.
 */
export type DeleteUser = (deletion: {
  user: User
  eventId: string
  correlationId: string
}) => Promise<'deleted' | 'busy' | 'unknown'>

export type UsersOperator = {
  list: ListUsers
  find: FindUser
  activate: (name: UserName) => Promise<'activated' | 'already_active' | 'unknown'>
  delete: (name: UserName) => Promise<'deleted' | 'busy' | 'unknown'>
}

/** Each change is a line of the audit log, with `by: 'operator'`. */
export const operateUsers = (ports: {
  listUsers: ListUsers
  findUser: FindUser
  activateUnasked: ActivateUnasked
  deleteUser: DeleteUser
  newId: () => string
  audit: Audit
}): UsersOperator => {
  const change = () => ({ eventId: ports.newId(), correlationId: ports.newId() })

  return {
    list: ports.listUsers,
    find: ports.findUser,

    activate: async name => {
      const user = await ports.findUser(name)
      if (!user) return 'unknown'
      const { eventId, correlationId } = change()
      if (!(await ports.activateUnasked({ user, eventId, correlationId }))) return 'already_active'
      ports.audit({ event: 'activated', email: user.email, userId: user.id, correlationId, by: 'operator' })
      return 'activated'
    },

    delete: async name => {
      const user = await ports.findUser(name)
      if (!user) return 'unknown'
      const { eventId, correlationId } = change()
      const result = await ports.deleteUser({ user, eventId, correlationId })
      if (result === 'deleted') {
        ports.audit({ event: 'deleted', email: user.email, userId: user.id, correlationId, by: 'operator' })
      }
      return result
    },
  }
}
