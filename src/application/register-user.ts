import { type Outcome, type Refused, rateLimited, refuse } from '../domain/refusals.ts'
import { judgeRegistration } from '../domain/registration.ts'
import type { User } from '../domain/user.ts'
import type { Audit } from './audit.ts'
import type { Caller } from './caller.ts'
import { type Limit, noteLimit } from './limit.ts'
import type { RecentAddresses } from './recent-addresses.ts'

/**
 * Hashes a password into a PHC string, or refuses with `overloaded` when too many wait already, or when its
 * asker is `gone` before its turn comes.
 */
export type HashPassword = (password: string, gone?: AbortSignal) => Promise<Outcome<{ phc: string }>>

/** Everything that a registration leaves in the database. */
export type NewRegistration = {
  userId: string
  email: string
  passwordHash: string
  codeId: string
  mailId: string
  eventId: string
  locale: string
  correlationId: string
}

/** `replacedUserId`: the pending registration that this one took the place of. */
export type Registered = { user: User; codeLength: number; replacedUserId: string | undefined }

/**
 * Stores user, mail request and `user.registered` together, or nothing. A pending registration of the same
 * address whose code is no longer live is replaced. With `leased`, mail and event are the caller's at once, as if
 * it had claimed them. Refusals: those of `FindObstacle`. Throws `Unavailable`.
 */
export type StoreRegistration = (
  registration: NewRegistration,
  leased?: boolean,
) => Promise<Outcome<Registered>>

/**
 * What stands in the way of registering a canonical address now: `email_taken` (active, or its code is live or
 * on its way), `rate_limited` (its sends budget is spent), or nothing. Throws `Unavailable`.
 */
export type FindObstacle = (email: string) => Promise<Refused | undefined>

export type NewRegistrationPorts = {
  hashPassword: HashPassword
  /** A fresh UUIDv7. */
  newId: () => string
  /** A fresh random code id, which names the key that derives its code. */
  newCodeId: () => string
}

export type RegisterUserPorts = NewRegistrationPorts & {
  registrationsPerNetwork: Limit
  recentAddresses: RecentAddresses
  findObstacle: FindObstacle
  /** Stores a registration, and sees to it that its mail and event leave. */
  storeRegistration: (registration: NewRegistration) => ReturnType<StoreRegistration>
  audit: Audit
}

export type RegistrationInput = { email: string; password: string; locale: string; caller: Caller }

/**
 * Registers a person: a pending user whose activation code is on its way by mail. Returns as soon as the
 * database holds all three of user, mail request and event; nothing here waits for mail.
 *
 * What is cheap is asked before the password is hashed. For an address that this instance has dealt with
 * before, that includes what stands in its way; any other address is asked about by the statement that stores
 * it, so that a first registration costs one statement.
 */
export const registerUser =
  (ports: RegisterUserPorts) =>
  async (input: RegistrationInput): Promise<Outcome<{ user: User }>> => {
    const admitted = await admitRegistration(ports, input)
    if (!admitted.ok) return admitted
    const { email } = admitted
    if (ports.recentAddresses.has(email)) {
      const obstacle = await ports.findObstacle(email)
      if (obstacle) return noteLimit(ports.audit, obstacle, input.caller, email)
    }
    const prepared = await prepareRegistration(ports, admitted, input)
    if (!prepared.ok) return prepared

    ports.recentAddresses.add(email)
    const stored = await ports.storeRegistration(prepared.registration)
    if (!stored.ok) return noteLimit(ports.audit, stored, input.caller, email)
    auditRegistered(ports.audit, stored, input.caller)
    return { ok: true, user: stored.user }
  }

/** Judges the fields, then counts the registration against its network. Nothing here is expensive. */
export const admitRegistration = async (
  ports: { registrationsPerNetwork: Limit; audit: Audit },
  input: RegistrationInput,
): Promise<Outcome<{ email: string; password: string }>> => {
  const registration = judgeRegistration(input)
  if (!registration.ok) {
    return refuse({ refusal: 'validation_failed', violations: registration.violations })
  }
  const { policy, charge } = ports.registrationsPerNetwork
  const waitSeconds = await charge(input.caller.network)
  if (waitSeconds > 0) {
    return noteLimit(ports.audit, rateLimited(policy, waitSeconds), input.caller, registration.email)
  }
  return registration
}

/** Hashes the password and gives everything that will be stored its id. */
export const prepareRegistration = async (
  ports: NewRegistrationPorts,
  { email, password }: { email: string; password: string },
  { locale, caller }: RegistrationInput,
): Promise<Outcome<{ registration: NewRegistration }>> => {
  const hashed = await ports.hashPassword(password, caller.gone)
  if (!hashed.ok) return hashed
  const registration = {
    userId: ports.newId(),
    email,
    passwordHash: hashed.phc,
    codeId: ports.newCodeId(),
    mailId: ports.newId(),
    eventId: ports.newId(),
    locale,
    correlationId: caller.correlationId,
  }
  return { ok: true, registration }
}

export const auditRegistered = (audit: Audit, { user, replacedUserId }: Registered, caller: Caller): void => {
  const { id: userId, email } = user
  if (replacedUserId !== undefined) audit({ event: 'replaced', email, userId, replacedUserId, ...caller })
  audit({ event: 'registered', email, userId, ...caller })
}
