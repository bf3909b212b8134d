// Types are imported by `.js`: declarations keep the name as it is here, and not all that reads them knows `.ts`.
import type { operations } from './openapi.js'

/** The functions of the client are called what the OpenAPI document calls the operations. */
export type Route = keyof operations

/** What was asked for has been done; `body` is as in the OpenAPI document. */
export type Success<R extends Route = Route> = { [r in R]: SuccessIn<operations[r]['responses']> }[R]

type SuccessIn<Responses> = {
  [S in keyof Responses]: Responses[S] extends { content: { 'application/json': infer Body } }
    ? { ok: true; status: S; body: Body }
    : never
}[keyof Responses]

/** A problem document (RFC 9457). Its `code` tells what else is in it. */
export type Problem<R extends Route = Route> = { [r in R]: ProblemIn<operations[r]['responses']> }[R]

type ProblemIn<Responses> = {
  [S in keyof Responses]: Responses[S] extends {
    headers: infer Headers
    content: { 'application/problem+json': infer Document }
  }
    ? Document & Waiting<Headers>
    : never
}[keyof Responses]

/**
 * The seconds of `Retry-After`, with every problem that has one. A header that the document does not name is
 * `unknown`: all of them may be there.
 */
type Waiting<Headers> = Headers extends { 'Retry-After'?: infer Seconds }
  ? unknown extends Seconds
    ? unknown
    : { retryAfterSeconds: number }
  : unknown

export type ProblemCode = Problem['code']

/** What Vestibule answers on a route: that it is done, or one of the problems that the route documents. */
export type Answer<R extends Route> = Success<R> | { ok: false; problem: Problem<R> }

export type Registration = operations['register']['requestBody']['content']['application/json']

export type Credentials = { email: string; password: string }

/** For every request of a client, or for one of them. */
export type Sending = {
  /** `X-Forwarded-For`, `X-Correlation-Id`, `Accept-Language`, … */
  headers?: Record<string, string>
  /** Ends a request that takes too long or is not wanted any more, which rejects with the reason of the signal. */
  signal?: AbortSignal
}
