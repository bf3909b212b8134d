import type { HandOver } from '../../application/outbox.ts'
import type { DomainEvent } from '../../domain/events.ts'

/** A way to those who want to hear of events. */
export type EventPublisher = {
  /** Hands one event over, within the publisher's own time-out. Does not throw for what the other side may do. */
  publish: HandOver<DomainEvent>
  /** Waits a moment for what is under way. */
  close: () => Promise<void> | void
}

export type PublisherLog = {
  info: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
  error: (fields: object, message: string) => void
}
