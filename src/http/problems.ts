import type { Refusal } from '../domain/refusals.ts'

/** What is wrong with a request before any use case has seen it, or with us. */
type TransportProblem =
  | 'malformed_body'
  | 'bad_request'
  | 'duplicate_header'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'unavailable'
  | 'internal_error'

export type ProblemCode = Refusal['refusal'] | TransportProblem

export type ProblemKind = {
  readonly status: number
  readonly title: string
  /** One sentence for the client developer who reads the answer. */
  readonly detail: string
  /** What to do about it, for the page at `/problems/<code>`. */
  readonly remedy: string
}

/** The one table of answers. A refusal without an entry does not compile. */
export const PROBLEMS: { readonly [code in ProblemCode]: ProblemKind } = {
  malformed_body: {
    status: 400,
    title: 'Malformed body',
    detail: 'The body is not a JSON object in UTF-8.',
    remedy: 'Send one JSON object, encoded in UTF-8, with Content-Type: application/json.',
  },
  bad_request: {
    status: 400,
    title: 'Bad request',
    detail: 'The request is not valid HTTP, or asks for something this service does not do.',
    remedy: 'Check the request line, the headers and the framing of the body (RFC 9112).',
  },
  duplicate_header: {
    status: 400,
    title: 'Duplicate header',
    detail: 'A header that may occur once occurs more than once.',
    remedy: 'Send Host, Authorization, Content-Type and Content-Length at most once.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Invalid credentials',
    detail:
      'The e-mail address and the password do not belong together, or were not sent as HTTP Basic credentials.',
    remedy:
      'Send Authorization: Basic with the base64 of "email:password" in UTF-8 (RFC 7617). The answer is the same for an unknown address, so that nobody can find out who is registered here.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    detail: 'There is nothing at this path.',
    remedy: 'See /openapi.json or /docs for the paths there are.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'This path does not answer this method; the Allow header lists those it answers.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  request_timeout: {
    status: 408,
    title: 'Request timeout',
    detail: 'The request did not arrive in time.',
    remedy: 'Send headers and body without pauses; repeat the request.',
  },
  email_taken: {
    status: 409,
    title: 'E-mail address taken',
    detail: 'There is an account with this e-mail address, or one that waits for its code.',
    remedy:
      'Sign in instead. If the account still waits for its code, ask for a new one with POST /users/resend-code; once its code has run out, the address can be registered again.',
  },
  already_active: {
    status: 409,
    title: 'Already active',
    detail: 'This account has been activated before.',
    remedy: 'Nothing is left to do: sign in.',
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    detail: 'The body has more than 8 KiB.',
    remedy: 'No request to this service needs that much.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'The body is not declared as plain application/json in UTF-8.',
    remedy: 'Send Content-Type: application/json, without a Content-Encoding and with no charset but utf-8.',
  },
  validation_failed: {
    status: 422,
    title: 'Validation failed',
    detail: 'Some fields break a rule; errors lists every one of them.',
    remedy: 'Mend each field that a pointer (RFC 6901) in errors names. rule is stable and machine-readable.',
  },
  wrong_code: {
    status: 422,
    title: 'Wrong code',
    detail: 'This is not the code that was sent last; attempts_left says how many guesses it still has.',
    remedy: 'Type the code of the newest mail. After three wrong guesses a code is dead: ask for a new one.',
  },
  expired_code: {
    status: 422,
    title: 'Expired code',
    detail: 'The code has run out.',
    remedy: 'Ask for a new one with POST /users/resend-code.',
  },
  exhausted_code: {
    status: 422,
    title: 'Exhausted code',
    detail: 'Too many wrong guesses: even the right code does not count any more.',
    remedy: 'Ask for a new one with POST /users/resend-code.',
  },
  rate_limited: {
    status: 429,
    title: 'Rate limited',
    detail: 'That is too often; Retry-After says in how many seconds it works again.',
    remedy:
      'Wait as many seconds as the Retry-After header says. RateLimit-Policy names the limit, how much it allows (q), and in how many seconds (w).',
  },
  headers_too_large: {
    status: 431,
    title: 'Headers too large',
    detail: 'There are more than 100 headers, or they have more than 16 KiB.',
    remedy: 'Send fewer or smaller headers.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    detail: 'Something is broken on our side.',
    remedy: 'Report it with the correlation_id; the log has the rest.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    detail: 'More is going on than this service can do at once; nothing was changed.',
    remedy: 'Repeat the request after as many seconds as the Retry-After header says.',
  },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    detail: 'Something this service depends on does not answer.',
    remedy:
      'Repeat the request after as many seconds as the Retry-After header says. It is safe to repeat: if the first one did take effect after all, the second one is told so.',
  },
}

/** Members of a problem document beyond those of every one. */
export type ProblemExtras = {
  errors?: readonly { pointer: string; rule: string; detail: string }[]
  attempts_left?: number
}

/** RFC 9457. `type` is the address of the page that explains it; `code` is what programs should look at. */
export const problemDocument = (
  code: ProblemCode,
  publicUrl: string,
  correlationId: string,
  extras: ProblemExtras = {},
) => {
  const { status, title, detail } = PROBLEMS[code]
  const type = `${publicUrl}/problems/${code}`
  return { type, title, status, detail, code, ...extras, correlation_id: correlationId }
}

/** What goes with `invalid_credentials` (RFC 7617). */
export const CHALLENGE = 'Basic realm="users", charset="UTF-8"'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'
