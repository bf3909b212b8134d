/** An account as its owner may see it. It is active if and only if `activatedAt` is set. */
export type User = {
  /** UUIDv7. A registration that replaces a dead one is a new user with a new id. */
  readonly id: string
  /** Canonical: see `canonicalEmail`. */
  readonly email: string
  readonly createdAt: Date
  readonly activatedAt: Date | null
}
