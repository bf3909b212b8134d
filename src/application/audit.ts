import type { Caller } from './caller.ts'

/** What someone who looks for an attack, or into a complaint, wants to find in the log. */
export type SecurityEvent = {
  readonly event:
    | 'registered'
    | 'replaced'
    | 'code_sent'
    | 'reminded'
    | 'reminder_sent'
    | 'ignored'
    | 'wrong_guess'
    | 'exhausted'
    | 'activated'
    | 'credentials_refused'
    | 'limit_hit'
    | 'purged'
    | 'deleted'
    | 'dropped'
    | 'retried'
  /** Canonical address. It is logged as its keyed hash, never as it is. */
  readonly email?: string | undefined
  readonly userId?: string
  /** With `replaced`: the registration that is gone. */
  readonly replacedUserId?: string
  /** With `limit_hit`: the name of its policy. */
  readonly limit?: string
  /** With `dropped` and `retried`: of the outbox; missing when all were. */
  readonly messageId?: string
  /** A `traceparent` of the trace that it is part of, when there is one. */
  readonly traceParent?: string | undefined
  /** Missing when the person concerned, or the service by itself, has done it. */
  readonly by?: 'operator'
} & Partial<Omit<Caller, 'gone'>>

/** Writes a line into the audit log. Never throws. */
export type Audit = (event: SecurityEvent) => void
