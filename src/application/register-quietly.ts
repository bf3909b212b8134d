import type { Outcome } from '../domain/refusals.ts'
import type { Audit } from './audit.ts'
import type { Caller } from './caller.ts'
import type { Limit } from './limit.ts'
import {
  admitRegistration,
  auditRegistered,
  type NewRegistration,
  type NewRegistrationPorts,
  prepareRegistration,
  type Registered,
  type RegistrationInput,
} from './register-user.ts'

/**
 * Does, in one statement, what an address calls for: registers it; or asks for a mail that reminds the owner of
 * an active account; or nothing, while a code of its is live or on its way, or its sends budget is spent.
 * Throws `Unavailable`.
 */
export type StoreQuietly = (registration: NewRegistration) => Promise<StoredQuietly>

type StoredQuietly =
  | ({ result: 'registered' } & Registered)
  | { result: 'reminded'; userId: string }
  | { result: 'nothing' }

export type RegisterQuietlyPorts = NewRegistrationPorts & {
  registrationsPerNetwork: Limit
  storeQuietly: StoreQuietly
  /** Tells the courier of this instance that mail is waiting. */
  wakeCourier: () => void
  /**
   * Waits until a moment that says nothing about how long the work took which began at `since` (`now()`).
   */
  evenOut: (since: number) => Promise<void>
  now: () => number
  audit: Audit
}

/**
 * Registers without telling whether the address was free, pending or active: the same outcome, after the same
 * work (one hash, one statement, the courier woken) and in the same time. Refusals: those that depend on the
 * request, its network and the load alone.
 */
export const registerQuietly = (ports: RegisterQuietlyPorts) => {
  return async (input: RegistrationInput): Promise<Outcome<object>> => {
    const since = ports.now()
    const admitted = await admitRegistration(ports, input)
    if (!admitted.ok) return admitted
    const prepared = await prepareRegistration(ports, admitted, input)
    if (!prepared.ok) return prepared

    const stored = await ports.storeQuietly(prepared.registration)
    ports.wakeCourier()
    note(stored, admitted.email, input.caller)
    await ports.evenOut(since)
    return { ok: true }
  }

  function note(stored: StoredQuietly, email: string, caller: Caller): void {
    if (stored.result === 'registered') auditRegistered(ports.audit, stored, caller)
    else if (stored.result === 'nothing') ports.audit({ event: 'ignored', email, ...caller })
    else ports.audit({ event: 'reminded', email, userId: stored.userId, ...caller })
  }
}
