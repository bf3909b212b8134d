/** A request that is over. */
export type RequestDone = {
  readonly method: string | undefined
  /** As it is declared, `/problems/:code`; missing when the request met none, or could not be parsed. */
  readonly route: string | undefined
  /** Missing when its client went before the answer came. */
  readonly status: number | undefined
  /** From the head of the request on; 0 when it could not be parsed. */
  readonly seconds: number
}

/** Hears of every request once it is over, those that could not be parsed included. */
export type ObserveRequest = (request: RequestDone) => void

/** A request that has begun. `traceParent` is what its caller has sent as `traceparent`. */
export type RequestBegun = {
  readonly method: string
  /** As it is declared; missing when the request met none. */
  readonly route: string | undefined
  readonly correlationId: string
  readonly traceParent: string | undefined
}

export type RequestTrace = {
  readonly traceId: string
  /** Does some work, and whatever follows from it, as part of the request. */
  readonly within: (work: () => void) => void
  /** `status` is missing when the client went before the answer came. */
  readonly end: (status: number | undefined) => void
}

export type TraceRequest = (request: RequestBegun) => RequestTrace
