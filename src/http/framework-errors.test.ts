import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Unavailable } from '../domain/refusals.ts'
import { problemOf } from './framework-errors.ts'
import { RequestProblem } from './json-body.ts'

describe('problemOf', () => {
  const errors: [what: string, error: unknown, problem: string][] = [
    ['a refused body', new RequestProblem('malformed_body'), 'malformed_body'],
    ['a dependency that does not answer', new Unavailable('no database'), 'unavailable'],
    [
      'another media type',
      { code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE', statusCode: 415 },
      'unsupported_media_type',
    ],
    ['a large body', { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 'body_too_large'],
    ['a length that is not the body’s', { code: 'FST_ERR_CTP_INVALID_CONTENT_LENGTH' }, 'bad_request'],
    ['a path that cannot be decoded', { code: 'FST_ERR_BAD_URL', statusCode: 400 }, 'not_found'],
    ['a parameter that is too long', { code: 'FST_ERR_MAX_PARAM_LENGTH', statusCode: 414 }, 'not_found'],
    ['another error of the client', { code: 'FST_ERR_ELSE', statusCode: 400 }, 'bad_request'],
    ['the last error of a client', { statusCode: 499 }, 'bad_request'],
    ['an error of the framework', { code: 'FST_ERR_ELSE', statusCode: 500 }, 'internal_error'],
    ['a status that is none of an error', { statusCode: 399 }, 'internal_error'],
    ['a code without a status', { code: 'FST_ERR_ELSE' }, 'internal_error'],
    ['a bug', new TypeError('x is not a function'), 'internal_error'],
  ]
  for (const [what, error, problem] of errors) {
    it(`calls ${what} ${problem}`, () => assert.equal(problemOf(error), problem))
  }
})

describe('RequestProblem', () => {
  it('goes by its name and its code', () => {
    assert.equal(`${new RequestProblem('malformed_body')}`, 'RequestProblem: malformed_body')
  })
})
