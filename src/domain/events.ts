import type { FailureClass } from './failure.ts'

type About = {
  /** UUIDv7, the same for every delivery of this event. */
  readonly id: string
  readonly userId: string
  /** When it became true, by the database's clock. */
  readonly time: Date
  readonly correlationId: string
  /** The trace it belongs to, when there is one: a `traceparent` of W3C Trace Context. */
  readonly traceParent?: string
}

/** What other systems may want to know. Each leaves through the outbox at least once, under a stable `id`. */
export type DomainEvent = About &
  (
    | {
        readonly type: 'user.registered' | 'user.activated'
        readonly data: { readonly id: string; readonly email: string }
      }
    | {
        readonly type: 'user.deleted'
        /** Nothing about the person is left to tell. */
        readonly data: { readonly id: string }
      }
    | {
        readonly type: 'mail.given_up'
        readonly data: {
          /** Of the user. */
          readonly id: string
          readonly email: string
          readonly mail: 'activation_code' | 'already_registered'
          /** Why the last attempt failed; `dropped` when an operator has ended the attempts; `lost` with its code. */
          readonly reason: FailureClass | 'dropped' | 'lost'
        }
      }
  )
