import assert from 'node:assert/strict'
import type { Answer } from './client.ts'

/** The table of DESIGN.md §2, typed again: what `http/problems.ts` is held to. */
export const STATUS_OF = {
  malformed_body: 400,
  bad_request: 400,
  duplicate_header: 400,
  invalid_credentials: 401,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  email_taken: 409,
  already_active: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  validation_failed: 422,
  wrong_code: 422,
  expired_code: 422,
  exhausted_code: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal_error: 500,
  overloaded: 503,
  unavailable: 503,
} as const

export type Code = keyof typeof STATUS_OF

/** Checks a whole problem document: its status, type and members, no more and no fewer, and what goes with it. */
export const assertProblem = (answer: Answer | undefined, code: Code, extras: object = {}): void => {
  assert.ok(answer, `the connection was closed where ${code} was expected`)
  const { status, headers, body } = answer
  assert.deepEqual(body, {
    type: `http://localhost:8000/problems/${code}`,
    title: body.title,
    status: STATUS_OF[code],
    detail: body.detail,
    code,
    ...extras,
    correlation_id: headers.get('x-correlation-id'),
  })
  assert.equal(status, STATUS_OF[code])
  assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8')
  for (const text of [body.title, body.detail, body.correlation_id]) assert.match(String(text), /./)
  if (status === 401) assert.equal(headers.get('www-authenticate'), 'Basic realm="users", charset="UTF-8"')
  if (status === 405) assert.match(headers.get('allow') ?? '', /^[A-Z]+(, [A-Z]+)*$/)
  if (status === 429 || status === 503) assert.ok(retryAfter(answer) >= 1)
}

/** The seconds of `Retry-After`; `NaN` when it is missing or something else. */
export const retryAfter = ({ headers }: Answer): number =>
  Number.parseInt(headers.get('retry-after') ?? '', 10)

/** Checks a 422 that names these rules, as `pointer rule`, in any order. */
export const assertInvalid = (answer: Answer | undefined, ...rules: string[]): void => {
  const errors = (answer?.body.errors ?? []) as { pointer: string; rule: string; detail: string }[]
  assertProblem(answer, 'validation_failed', { errors })
  assert.deepEqual(errors.map(({ pointer, rule }) => `${pointer} ${rule}`).sort(), rules.sort())
  for (const error of errors) {
    assert.deepEqual(Object.keys(error), ['pointer', 'rule', 'detail'])
    assert.match(error.detail, /./)
  }
}
