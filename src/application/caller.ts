/** Where a request comes from, as far as anyone needs to know. */
export type Caller = {
  /** IPv4 /24 or IPv6 /64, in CIDR notation. */
  readonly network: string
  readonly correlationId: string
  /** Aborted when nobody waits for the answer any more. */
  readonly gone?: AbortSignal
}
