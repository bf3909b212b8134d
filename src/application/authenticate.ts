import { canonicalEmail } from '../domain/email-address.ts'
import { limitedFor, type Outcome, type Refused, refuse } from '../domain/refusals.ts'
import type { User } from '../domain/user.ts'
import type { Audit } from './audit.ts'
import type { Caller } from './caller.ts'
import { type Limit, noteLimit } from './limit.ts'
import type { HashPassword } from './register-user.ts'

/** What someone presented over HTTP Basic, not yet believed. */
export type Credentials = { readonly email: string; readonly password: string }

export type Account = { readonly user: User; readonly passwordHash: string }

/**
 * Finds the account of a canonical address, and what the ledger holds against the address: a refusal while its
 * failed logins of a day are spent (`loginRefused`), or its sends budget is (`sendRefused`). An address has a
 * ledger whether it has an account or not. Throws `Unavailable`.
 */
export type FindAccount = (email: string) => Promise<{
  account: Account | undefined
  loginRefused: Refused | undefined
  sendRefused: Refused | undefined
}>

/**
 * Compares a password with a PHC string; with `undefined` it does the same work and never matches. `outdated`
 * tells that the string was made with other parameters than those of today. Refuses like `HashPassword`.
 */
export type VerifyPassword = (
  password: string,
  phc: string | undefined,
  gone?: AbortSignal,
) => Promise<Outcome<{ matches: boolean; outdated: boolean }>>

/** Replaces the password hash of a user, unless it has changed meanwhile. Throws `Unavailable`. */
export type RenewPasswordHash = (change: { userId: string; from: string; to: string }) => Promise<void>

/**
 * Counts a failed login in the ledger of a canonical address, and commits it. A refusal when that one was over
 * what a day allows. Throws `Unavailable`.
 */
export type CountLoginFailure = (email: string) => Promise<Refused | undefined>

export type AuthenticatePorts = {
  loginFailuresPerAddressAndNetwork: Limit
  /** Of any address: against one password tried on many accounts, and many hashes asked for by one client. */
  loginFailuresPerNetwork: Limit
  findAccount: FindAccount
  verifyPassword: VerifyPassword
  hashPassword: HashPassword
  renewPasswordHash: RenewPasswordHash
  countLoginFailure: CountLoginFailure
  audit: Audit
}

/**
 * Outcomes: the user these credentials belong to, `invalid_credentials`, `rate_limited`, `overloaded`.
 * `forMail` says that a success would send mail: a pending account whose sends budget is spent is refused then
 * before anything is hashed.
 */
export type Authenticate = (
  credentials: Credentials,
  caller: Caller,
  options?: { forMail: boolean },
) => Promise<Outcome<{ user: User }>>

/**
 * Tells whose credentials these are. An unknown address, an impossible one and an empty password cost exactly
 * one verification, as a real one does, so that the time of the answer does not tell who is registered. Failures
 * count the same for every address, known or not, and are looked at before anything is hashed. The one moment at
 * which a password is known to be right is also when an outdated hash of it is renewed.
 */
export const authenticate = (ports: AuthenticatePorts): Authenticate => {
  return async ({ email: typed, password }, caller, options) => {
    const address = canonicalEmail(typed)
    const email = address.ok ? address.email : undefined
    // What is no address belongs to nobody: one key for all of it.
    const counted: [limit: Limit, key: string][] = [
      [ports.loginFailuresPerAddressAndNetwork, `${caller.network} ${email ?? ''}`],
      [ports.loginFailuresPerNetwork, caller.network],
    ]
    const spentBefore = await spent()
    if (spentBefore) return limitHit(spentBefore)

    const found = email === undefined ? undefined : await ports.findAccount(email)
    if (found?.loginRefused) return limitHit(found.loginRefused)
    const account = found?.account
    if (options?.forMail && account && !account.user.activatedAt && found.sendRefused) {
      return limitHit(found.sendRefused)
    }

    const verified = await ports.verifyPassword(password, account?.passwordHash, caller.gone)
    if (!verified.ok) return verified
    if (!account || !verified.matches) return failed()
    // Of guesses sent all at once, those that end after a quota is spent learn nothing, right or wrong. That of a
    // day is not read again: it can be overshot by what is being verified, which the admission queue bounds.
    const spentMeanwhile = await spent()
    if (spentMeanwhile) return limitHit(spentMeanwhile)
    if (verified.outdated) await renew(account, password)
    return { ok: true, user: account.user }

    async function spent(): Promise<Refused | undefined> {
      for (const [limit, key] of counted) {
        const refused = limitedFor(limit.policy, await limit.waitSeconds(key))
        if (refused) return refused
      }
      return undefined
    }

    async function failed(): Promise<Refused> {
      const over: (Refused | undefined)[] = []
      for (const [limit, key] of counted) {
        over.push(limitedFor(limit.policy, await limit.charge(key)))
      }
      if (email !== undefined) over.push(await ports.countLoginFailure(email))
      const refused = over.find(one => one !== undefined)
      if (refused) return limitHit(refused)
      ports.audit({ event: 'credentials_refused', email, ...caller })
      return refuse({ refusal: 'invalid_credentials' })
    }

    function limitHit(refused: Refused): Refused {
      return noteLimit(ports.audit, refused, caller, email)
    }
  }

  async function renew({ user, passwordHash }: Account, password: string): Promise<void> {
    const renewed = await ports.hashPassword(password)
    // Too busy now: the next time will do.
    if (!renewed.ok) return
    await ports.renewPasswordHash({ userId: user.id, from: passwordHash, to: renewed.phc })
  }
}
