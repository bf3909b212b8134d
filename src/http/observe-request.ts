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
