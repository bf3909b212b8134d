/** What other systems may want to know. Each leaves through the outbox at least once, under a stable `id`. */
export type DomainEvent = {
  /** UUIDv7, the same for every delivery of this event. */
  readonly id: string
  readonly type: 'user.registered' | 'user.activated'
  readonly userId: string
  /** When it became true, by the database's clock. */
  readonly time: Date
  readonly correlationId: string
  readonly data: { readonly id: string; readonly email: string }
}
