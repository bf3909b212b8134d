import type { DomainEvent } from '../domain/events.ts'
import type { Audit } from './audit.ts'
import type { SettleMessages, Topic } from './outbox.ts'

/** A message of the outbox as an operator sees it. */
export type WaitingMessage = {
  readonly id: string
  readonly topic: Topic
  readonly kind: 'activation_code' | 'already_registered' | DomainEvent['type']
  readonly userId: string
  /** `undefined` when the user is gone. */
  readonly email: string | undefined
  readonly createdAt: Date
  readonly ageSeconds: number
  /** Below 0 when it has been due for so long. */
  readonly dueInSeconds: number
  readonly attempts: number
  readonly lastFailure: string | undefined
  readonly correlationId: string
}

/** The oldest messages of a topic, or of all, or the one with this id; oldest first. Throws `Unavailable`. */
export type ListMessages = (which: {
  topic?: Topic | undefined
  id?: string | undefined
  limit: number
}) => Promise<WaitingMessage[]>

export type OutboxDepth = { readonly topic: Topic; readonly messages: number; readonly oldestSeconds: number }

/** How much waits in the outbox, by topic; zero where nothing does. Throws `Unavailable`. */
export type MeasureOutbox = () => Promise<OutboxDepth[]>

/**
 * Makes messages that wait for longer than a lease due again within one, as many as it returns; all that do
 * without an id. What is being handed over just now is left alone. Throws `Unavailable`.
 */
export type RetryMessages = (id: string | undefined) => Promise<number>

type Claim = { topic: Topic; userId: string; id: string; attempts: number }

/** Claims one message, due or not. `busy`: it may be on its way, for a lease at most. Throws `Unavailable`. */
export type ClaimMessage = (id: string) => Promise<Claim | 'busy' | 'unknown'>

export type OutboxOperator = {
  list: ListMessages
  measure: MeasureOutbox
  retry: RetryMessages
  /**
   * Takes a message out of the outbox that is not on its way just now. A mail is given up: its code is dead, its
   * address free again, and `mail.given_up` says so. An event is lost.
   */
  drop: (id: string) => Promise<'dropped' | 'busy' | 'unknown'>
}

export const operateOutbox = (ports: {
  listMessages: ListMessages
  measureOutbox: MeasureOutbox
  retryMessages: RetryMessages
  claimMessage: ClaimMessage
  settleMessages: SettleMessages
  newId: () => string
  audit: Audit
}): OutboxOperator => ({
  list: ports.listMessages,
  measure: ports.measureOutbox,
  retry: async id => {
    const count = await ports.retryMessages(id)
    if (count > 0)
      ports.audit({ event: 'retried', ...(id !== undefined && { messageId: id }), by: 'operator' })
    return count
  },
  drop: async id => {
    const claimed = await ports.claimMessage(id)
    if (claimed === 'busy' || claimed === 'unknown') return claimed
    const { topic, ...claim } = claimed
    await ports.settleMessages([
      topic === 'mail'
        ? { ...claim, result: 'given_up', eventId: ports.newId(), reason: 'dropped' }
        : { ...claim, result: 'unwanted' },
    ])
    ports.audit({ event: 'dropped', messageId: id, userId: claim.userId, by: 'operator' })
    return 'dropped'
  },
})
