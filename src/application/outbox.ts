import type { DomainEvent } from '../domain/events.ts'

type Claimed = {
  /** UUIDv7; stable over all attempts. */
  readonly id: string
  readonly userId: string
  /** How often it has been claimed, this time included. */
  readonly attempts: number
  /** Seconds since it was enqueued, by the database's clock. */
  readonly ageSeconds: number
  readonly correlationId: string
}

export type ClaimedMail = Claimed & {
  readonly topic: 'mail'
  /** Missing when nobody waits for this mail any more. */
  readonly wanted: WantedMail | undefined
}

export type WantedMail = {
  readonly email: string
  readonly locale: string
  /** The code to send, or `undefined` when the mail reminds its reader of an account that is active already. */
  readonly code: { readonly id: string; readonly length: number } | undefined
}

export type ClaimedEvent = Claimed & { readonly topic: 'event'; readonly event: DomainEvent }

export type Message = ClaimedMail | ClaimedEvent

/**
 * Claims due messages from the outbox, at most as many of each topic as the limits say, and leases them to the
 * caller: nobody else gets them until the lease runs out. Throws `Unavailable`.
 */
export type ClaimMessages = (limits: { mail: number; event: number }) => Promise<Message[]>

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
  | /** It leaves the outbox; of a mail, the code is dead. */ { readonly result: 'given_up' }
  | { readonly result: 'retry'; readonly inSeconds: number; readonly reason: string }
)

/** Settles messages. Settling one twice, or one that is gone, does nothing. Throws `Unavailable`. */
export type SettleMessages = (settlements: Settlement[]) => Promise<void>

/** Why an attempt failed, and so what becomes of the message, and of those that wait behind it. */
export type FailureClass =
  | /** This message can never succeed: it is given up at once. */ 'refused'
  | /** This message cannot succeed now; others may. */ 'deferred'
  | /** The service wants fewer messages. */ 'rate_limited'
  | /** The service is away, broken or too slow. */ 'unavailable'
  | /** Credentials, address or permissions are wrong, until someone mends them. */ 'misconfigured'

/** What came of one attempt to hand a message over. */
export type HandOverResult =
  | {
      readonly result: 'accepted'
      /** How the service that accepted the message calls it. */
      readonly acceptedAs?: string | undefined
    }
  | { readonly result: 'unwanted' }
  | {
      readonly result: 'failed'
      readonly failure: FailureClass
      /** In few words, for the log; nothing that may hold an address or a secret. */
      readonly reason: string
      readonly retryAfterSeconds?: number | undefined
    }

export type HandOver<M> = (message: M) => Promise<HandOverResult>
