import { type Outcome, refuse } from '../domain/refusals.ts'
import { judgeRegistration } from '../domain/registration.ts'
import type { User } from '../domain/user.ts'

/** Hashes a password into a PHC string, or refuses with `overloaded` when too many wait already. */
export type HashPassword = (password: string) => Promise<Outcome<{ phc: string }>>

/**
 * Stores user, mail request and `user.registered` together, or nothing. A pending registration of the same
 * address whose code is no longer live is replaced. Refusals: `email_taken` (active, or its code is live or on
 * its way), `rate_limited` (the sends budget of the address is spent). Throws `Unavailable`.
 */
export type StoreRegistration = (registration: {
  userId: string
  email: string
  passwordHash: string
  codeId: string
  mailId: string
  eventId: string
  locale: string
  correlationId: string
}) => Promise<Outcome<{ user: User }>>

export type RegisterUserPorts = {
  hashPassword: HashPassword
  storeRegistration: StoreRegistration
  /** A fresh UUIDv7. */
  newId: () => string
  /** A fresh random code id, which names the key that derives its code. */
  newCodeId: () => string
  /** Tells the courier of this instance that mail is waiting. */
  wakeCourier: () => void
}

/**
 * Registers a person: a pending user whose activation code is on its way by mail. Returns as soon as the
 * database holds all three of user, mail request and event; nothing here waits for mail.
 */
export const registerUser =
  (ports: RegisterUserPorts) =>
  async (input: {
    email: string
    password: string
    locale: string
    correlationId: string
  }): Promise<Outcome<{ user: User }>> => {
    const registration = judgeRegistration(input)
    if (!registration.ok) {
      return refuse({ refusal: 'validation_failed', violations: registration.violations })
    }
    const hashed = await ports.hashPassword(registration.password)
    if (!hashed.ok) return hashed

    const stored = await ports.storeRegistration({
      userId: ports.newId(),
      email: registration.email,
      passwordHash: hashed.phc,
      codeId: ports.newCodeId(),
      mailId: ports.newId(),
      eventId: ports.newId(),
      locale: input.locale,
      correlationId: input.correlationId,
    })
    if (stored.ok) ports.wakeCourier()
    return stored
  }
