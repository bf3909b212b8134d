import { canonicalEmail } from '../domain/email-address.ts'
import { type Outcome, refuse } from '../domain/refusals.ts'
import type { User } from '../domain/user.ts'
import type { HashPassword } from './register-user.ts'

/** What someone presented over HTTP Basic, not yet believed. */
export type Credentials = { readonly email: string; readonly password: string }

/** Finds the account of a canonical address. Throws `Unavailable`. */
export type FindAccount = (email: string) => Promise<{ user: User; passwordHash: string } | undefined>

/**
 * Compares a password with a PHC string; with `undefined` it does the same work and never matches. `outdated`
 * tells that the string was made with other parameters than those of today. Refuses with `overloaded` when too
 * many hashes wait already.
 */
export type VerifyPassword = (
  password: string,
  phc: string | undefined,
) => Promise<Outcome<{ matches: boolean; outdated: boolean }>>

/** Replaces the password hash of a user, unless it has changed meanwhile. Throws `Unavailable`. */
export type RenewPasswordHash = (change: { userId: string; from: string; to: string }) => Promise<void>

export type AuthenticatePorts = {
  findAccount: FindAccount
  verifyPassword: VerifyPassword
  hashPassword: HashPassword
  renewPasswordHash: RenewPasswordHash
}

/** Outcomes: the user these credentials belong to, `invalid_credentials`, `overloaded`. */
export type Authenticate = (credentials: Credentials) => Promise<Outcome<{ user: User }>>

/**
 * Tells whose credentials these are. An unknown address, an impossible one and an empty password cost exactly
 * one verification, as a real one does, so that the time of the answer does not tell who is registered. The one
 * moment at which a password is known to be right is also when an outdated hash of it is renewed.
 */
export const authenticate =
  (ports: AuthenticatePorts): Authenticate =>
  async ({ email, password }) => {
    const address = canonicalEmail(email)
    const account = address.ok ? await ports.findAccount(address.email) : undefined
    const verified = await ports.verifyPassword(password, account?.passwordHash)
    if (!verified.ok) return verified
    if (!account || !verified.matches) return refuse({ refusal: 'invalid_credentials' })
    if (verified.outdated) {
      const renewed = await ports.hashPassword(password)
      // Too busy now: the next time will do.
      if (renewed.ok) {
        await ports.renewPasswordHash({
          userId: account.user.id,
          from: account.passwordHash,
          to: renewed.phc,
        })
      }
    }
    return { ok: true, user: account.user }
  }
