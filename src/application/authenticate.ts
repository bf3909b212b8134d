import { canonicalEmail } from '../domain/email-address.ts'
import { type Outcome, refuse } from '../domain/refusals.ts'
import type { User } from '../domain/user.ts'

/** What someone presented over HTTP Basic, not yet believed. */
export type Credentials = { readonly email: string; readonly password: string }

/** Finds the account of a canonical address. Throws `Unavailable`. */
export type FindAccount = (email: string) => Promise<{ user: User; passwordHash: string } | undefined>

/**
 * Compares a password with a PHC string; with `undefined` it does the same work and never matches. Refuses
 * with `overloaded` when too many hashes wait already.
 */
export type VerifyPassword = (
  password: string,
  phc: string | undefined,
) => Promise<Outcome<{ matches: boolean }>>

/** Outcomes: the user these credentials belong to, `invalid_credentials`, `overloaded`. */
export type Authenticate = (credentials: Credentials) => Promise<Outcome<{ user: User }>>

/**
 * Tells whose credentials these are. An unknown address, an impossible one and an empty password cost exactly
 * one verification, as a real one does, so that the time of the answer does not tell who is registered.
 */
export const authenticate =
  (ports: { findAccount: FindAccount; verifyPassword: VerifyPassword }): Authenticate =>
  async ({ email, password }) => {
    const address = canonicalEmail(email)
    const account = address.ok ? await ports.findAccount(address.email) : undefined
    const verified = await ports.verifyPassword(password, account?.passwordHash)
    if (!verified.ok) return verified
    if (!account || !verified.matches) return refuse({ refusal: 'invalid_credentials' })
    return { ok: true, user: account.user }
  }
