import assert from 'node:assert/strict'
import { Compile, type Validator } from 'typebox/schema'
import type { Answer } from './client.ts'
import type { Operation } from './fuzz-document.ts'
import { type Case, MARKER } from './fuzz-requests.ts'
import type { WireAnswer } from './fuzz-wire.ts'
import { assertProblem, type Code } from './problems.ts'

/** What every answer carries, whatever it is an answer to. */
export const assertCommonHeaders = ({ headers }: Answer): void => {
  assert.match(headers.get('x-correlation-id') ?? '', /^[A-Za-z0-9._-]{1,64}$/)
  assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none';.*frame-ancestors 'none'$/)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('x-frame-options'), 'DENY')
  assert.equal(headers.get('referrer-policy'), 'no-referrer')
  assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
  assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin')
  for (const name of ['server', 'x-powered-by', 'access-control-allow-origin', 'set-cookie']) {
    assert.equal(headers.get(name), null, name)
  }
}

/** Checks an answer against what the document says and against what was done to the request. */
export const assertAnswer = (operation: Operation, asked: Case, answer: WireAnswer | undefined): void => {
  assert.ok(answer, 'the connection was closed without an answer')
  const { status } = answer
  assert.ok(status < 500, `status ${status}`)
  assertCommonHeaders(answer)
  assertSilent(answer)
  if (operation.path.startsWith('/users')) assert.equal(answer.headers.get('cache-control'), 'no-store')

  if (asked.path.kind === 'other') {
    // Another parameter is another page, which may not be there, of a path that is.
    const isThere = operation.path.includes('{') && status === 405
    assertRefused(answer, asked, isThere ? 'method_not_allowed' : 'not_found')
  } else if (!operation.methods.includes(asked.method)) {
    assertRefused(answer, asked, 'method_not_allowed')
    if (status === 405)
      assert.deepEqual(answer.headers.get('allow')?.split(', ').sort(), operation.methods.sort())
  } else {
    assertDocumented(operation, asked, answer)
    const wrong = wrongWith(operation, asked)
    if (wrong) assert.ok(status >= 400, `${status} for ${wrong}`)
    else if (isValid(asked)) assertNotInvalid(answer)
  }
}

/** A path or a method that is not in the document. */
const assertRefused = (answer: WireAnswer, asked: Case, code: 'not_found' | 'method_not_allowed'): void => {
  // known-faults.ts: a body is read before it is known that nobody wants it.
  const unread = ['malformed_body', 'unsupported_media_type', 'body_too_large']
  if (asked.method === 'HEAD') assert.ok([404, 405].includes(answer.status), `${answer.status}`)
  else if (!unread.includes(String(answer.body.code))) assertProblem(answer, code)
}

const assertDocumented = ({ responses }: Operation, asked: Case, answer: WireAnswer): void => {
  const { status, headers, body } = answer
  const media = responses.get(status)
  assert.ok(media, `status ${status} is not documented`)
  const type = headers.get('content-type')?.split(';')[0] ?? ''
  const { schema, examples } = media[type] ?? {}
  assert.ok(schema, `${type} is not documented for ${status}`)
  if (asked.method === 'HEAD') {
    assert.deepEqual(body, { text: '' })
    return
  }
  const value = type === 'text/html' ? body.text : body
  assert.ok(validatorOf(schema).Check(value), `not as documented: ${JSON.stringify(body)}`)
  if (status < 400) return
  assert.ok(Object.hasOwn(examples ?? {}, String(body.code)), `${body.code} is not documented for ${status}`)
  const { errors, attempts_left } = body
  const extras = {
    ...(errors !== undefined && { errors }),
    ...(attempts_left !== undefined && { attempts_left }),
  }
  assertProblem(answer, body.code as Code, extras)
}

const validators = new WeakMap<object, Validator>()
const validatorOf = (schema: object): Validator => {
  const validator = validators.get(schema) ?? Compile(schema)
  validators.set(schema, validator)
  return validator
}

/** What makes a request one that must not succeed, by construction; `undefined` for one that nothing is wrong with. */
const wrongWith = (operation: Operation, { body, contentType, credentials }: Case): string | undefined => {
  if (operation.needsCredentials && !['pending', 'active', 'fresh'].includes(credentials)) {
    return `${credentials} credentials`
  }
  if (operation.method === 'GET') return undefined
  if (body.kind === 'invalid') return 'an invalid body'
  return contentType.valid || body.kind === 'empty' ? undefined : 'a wrong content type'
}

/** An odd body may be invalid; an empty one may be of the wrong type or not: the contract does not say. */
const isValid = ({ body, contentType }: Case): boolean =>
  body.kind !== 'odd' && (contentType.valid || body.kind === 'none')

/** Nobody may be told that a request is malformed which is not. */
const assertNotInvalid = ({ status, body }: WireAnswer): void => {
  assert.ok(
    ![400, 401, 413, 415, 431].includes(status) && body.code !== 'validation_failed',
    `refused: ${status}`,
  )
}

/** What was typed comes back only where the contract says so: as an address, and as a pointer to a field. */
const assertSilent = ({ text, body }: WireAnswer): void => {
  const head = text.slice(0, text.indexOf('\r\n\r\n'))
  const { email: _, errors, ...rest } = body
  const without = (errors as { pointer: string }[] | undefined)?.map(({ pointer: _, ...error }) => error)
  const said = `${head}${JSON.stringify([rest, without])}`.toLowerCase()
  assert.ok(!said.includes(MARKER.toLowerCase()), `repeats what was typed: ${text}`)
}
