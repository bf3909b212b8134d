import type { DomainEvent } from '../domain/events.ts'
import type { FailureClass } from '../domain/failure.ts'

export type Topic = 'mail' | 'event'

type Claimed = {
  /** UUIDv7; stable over all attempts. */
  readonly id: string
  readonly userId: string
  /** How often it has been claimed, this time included. */
  readonly attempts: number
  /** Seconds since it was enqueued, by the database's clock. */
  readonly ageSeconds: number
  readonly correlationId: string
  /** The trace it belongs to, when there is one: a `traceparent` of W3C Trace Context. */
  readonly traceParent?: string
}

export type ClaimedMail = Claimed & {
  readonly topic: 'mail'
  /** Missing when nobody waits for this mail any more. */
  readonly wanted: WantedMail | undefined
}

export type WantedMail = {
  readonly email: string
  readonly locale: string
  /**
   * The code to send, or `undefined` when the mail reminds its reader of an account that is active already. A code
   * whose guesses cannot be counted any more is `lost`: nobody could use it.
   */
  readonly code: { readonly id: string; readonly length: number } | 'lost' | undefined
}

export type ClaimedEvent = Claimed & { readonly topic: 'event'; readonly event: DomainEvent }

export type Message = ClaimedMail | ClaimedEvent

/**
 * Claims due messages from the outbox, at most as many of each topic as the limits say, and leases them to the
 * caller: nobody else gets them until the lease runs out. With `mailOverdueSeconds`, only mails that have been
 * due for so long. Throws `Unavailable`.
 */
export type ClaimMessages = (limits: {
  mail: number
  event: number
  mailOverdueSeconds?: number
}) => Promise<Message[]>

/** What became of one message. All of them are settled together, in one statement. */
export type Settlement = {
  readonly userId: string
  readonly id: string
  /** The number of the attempt that is being settled: a claim that was lost to a newer one settles only `accepted`. */
  readonly attempts: number
} & (
  | /** Accepted: it leaves the outbox; of a mail, the minute began `secondsAgo`. */ {
      readonly result: 'accepted'
      readonly secondsAgo: number
    }
  | /** Nobody wants it any more: it leaves the outbox. */ { readonly result: 'unwanted' }
  | /** A mail leaves the outbox, its code is dead, and `mail.given_up` takes its place. */ {
      readonly result: 'given_up'
      readonly eventId: string
      readonly reason: FailureClass | 'dropped' | 'lost'
    }
  | { readonly result: 'retry'; readonly inSeconds: number; readonly reason: string }
)

/** Keeps claimed messages from everybody else for another lease; leaves alone what was claimed anew. Throws `Unavailable`. */
export type RenewLeases = (messages: Pick<Claimed, 'userId' | 'id' | 'attempts'>[]) => Promise<void>

/**
 * Makes all messages of a topic that have failed before due at once, in the place in the queue that their age
 * gives them; but for those that are being handed over. Throws `Unavailable`.
 */
export type BringForward = (topic: Topic) => Promise<void>

/** Settles messages. Settling one twice, or one that is gone, does nothing. Throws `Unavailable`. */
export type SettleMessages = (settlements: Settlement[]) => Promise<void>

/** What came of one attempt to hand a message over. */
export type HandOverResult =
  | {
      readonly result: 'accepted'
      /** How the service that accepted the message calls it. */
      readonly acceptedAs?: string | undefined
    }
  | { readonly result: 'unwanted' }
  | /** Somebody waits for it, and what it was to carry is lost: it is given up. */ {
      readonly result: 'lost'
    }
  | {
      readonly result: 'failed'
      readonly failure: FailureClass
      /** In few words, for the log; nothing that may hold an address or a secret. */
      readonly reason: string
      readonly retryAfterSeconds?: number | undefined
    }

export type HandOver<M> = (message: M) => Promise<HandOverResult>
