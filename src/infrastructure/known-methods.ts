/** A scanner may send any method there is; these are the ones that tell something. */
const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The method of a request as metrics and traces may name it; `undefined` for all others, lest there be any number of them. */
export const knownMethod = (method: string | undefined): string | undefined =>
  method !== undefined && KNOWN.has(method) ? method : undefined
