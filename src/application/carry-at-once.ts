import type { Courier } from './courier.ts'
import type { ClaimedEvent, ClaimedMail } from './outbox.ts'
import type { NewRegistration, Registered, StoreRegistration } from './register-user.ts'

export type CarryAtOncePorts = {
  store: StoreRegistration
  courier: Pick<Courier, 'wake' | 'expect'>
  /** Of the request that is under way, when there are traces. */
  traceParent: () => string | undefined
  /** Does some work that outlives the request by which it begins. */
  outside: (work: () => void) => void
}

/**
 * Stores registrations whose mail and event this instance hands over without claiming them first: they are born
 * leased to it. That saves the outbox a look and a write for each. Where the courier has no place for them, they
 * wait in the outbox like everything else. Whatever becomes of this process, and of the answer of the database, the
 * lease runs out and somebody claims them.
 */
export const carryAtOnce =
  ({ store, courier, traceParent, outside }: CarryAtOncePorts): StoreRegistration =>
  async registration => {
    const expected = courier.expect()
    try {
      const stored = await store(registration, expected !== undefined)
      if (!stored.ok) return stored
      if (expected) {
        const messages = messagesOf(registration, stored, traceParent())
        outside(() => expected.carry(messages))
      } else courier.wake()
      return stored
    } finally {
      expected?.forgo()
    }
  }

/** The messages of a registration as a claim would give them. */
const messagesOf = (
  { mailId, eventId, codeId, locale, correlationId }: NewRegistration,
  { user, codeLength }: Registered,
  traceParent: string | undefined,
): { mail: ClaimedMail; event: ClaimedEvent } => {
  const { id: userId, email, createdAt } = user
  const common = { userId, correlationId, ...(traceParent !== undefined && { traceParent }) }
  const claimed = { ...common, attempts: 1, ageSeconds: 0 }
  const code = { id: codeId, length: codeLength }
  return {
    mail: { ...claimed, topic: 'mail', id: mailId, wanted: { email, locale, code } },
    event: {
      ...claimed,
      topic: 'event',
      id: eventId,
      event: {
        ...common,
        id: eventId,
        type: 'user.registered',
        time: createdAt,
        data: { id: userId, email },
      },
    },
  }
}
