import type { HandOverResult } from '../application/outbox.ts'
import type { FailureClass } from '../domain/failure.ts'

/** What a service has answered; `body` is its JSON, or `undefined` if there was none that could be read. */
export type Answer = {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: unknown
}

/** What a provider's documentation adds to the status of an answer that is not 2xx. */
export type Explanation = {
  /** The provider's name or number for what went wrong. */
  readonly code?: unknown
  /** Missing: the status says it. */
  readonly verdict?: FailureClass | 'accepted' | undefined
  /** Where the provider says it elsewhere than in `Retry-After`. */
  readonly retryAfterSeconds?: number | undefined
}

export const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300

export const accepted = (id: unknown): HandOverResult =>
  typeof id === 'string' && MESSAGE_ID.test(id)
    ? { result: 'accepted', acceptedAs: id }
    : { result: 'accepted' }

/** The reason is made of numbers and names alone: the text of an error may hold the address of a person. */
export const failed = ({ status, headers }: Answer, explained: Explanation): HandOverResult => {
  const { code, verdict = failureOf(status) } = explained
  if (verdict === 'accepted') return { result: 'accepted' }
  const named = typeof code === 'number' || (typeof code === 'string' && CODE.test(code))
  return {
    result: 'failed',
    failure: verdict,
    reason: named ? `http ${status} (${code})` : `http ${status}`,
    retryAfterSeconds: retryAfterSeconds(headers) ?? explained.retryAfterSeconds,
  }
}

/** What goes into the log is short, and has no spaces and no control characters. */
const CODE = /^[\w.-]{1,64}$/
const MESSAGE_ID = /^[\w.+@<>=-]{1,200}$/

/** RFC 9110 §15. A 4xx that blames neither the set-up nor the moment judges this very message. */
const failureOf = (status: number): FailureClass => {
  if (MISCONFIGURED.has(status) || (status >= 300 && status < 400)) return 'misconfigured'
  if (status === 429) return 'rate_limited'
  if (DEFERRED.has(status)) return 'deferred'
  return status >= 400 && status < 500 && !UNAVAILABLE_4XX.has(status) ? 'refused' : 'unavailable'
}

/** What someone can mend: the key, the bill, the permission, the address, the region of the account. */
const MISCONFIGURED = new Set([401, 402, 403, 404, 405, 407, 451])
/** A request with the same idempotency key is being answered just now; the resource is locked. */
const DEFERRED = new Set([409, 423])
const UNAVAILABLE_4XX = new Set([408, 421, 425])

/** Seconds since 1970 by the clock of whoever answered, which is the one that the times in an answer go by. */
export const secondsAt = ({ headers }: Pick<Answer, 'headers'>): number => {
  const date = typeof headers.date === 'string' ? Date.parse(headers.date) : Number.NaN
  return (Number.isNaN(date) ? Date.now() : date) / 1000
}

/** RFC 9110 §10.2.3: seconds, or a date. */
const retryAfterSeconds = (headers: Answer['headers']): number | undefined => {
  const header = headers['retry-after']
  if (typeof header !== 'string') return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date / 1000 - secondsAt({ headers }))
}
