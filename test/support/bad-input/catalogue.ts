import type { RunningApp } from '../app.ts'
import { type Answer, basicAuth, type Client, newAddress, PASSWORD } from '../client.ts'
import type { Code } from '../problems.ts'
import { type RawAnswer, request } from '../raw-http.ts'
import type { Pending } from '../sign-up.ts'

/** The rows of the catalogue of bad input, and one for all that is not in it. */
export const ROWS = [
  'keys that reach for a prototype',
  'unknown field',
  'number, array, null, boolean for a string',
  'what cannot be a code',
  'invalid UTF-8 in the body',
  'lone surrogate in a string',
  'another charset, content type or content encoding',
  'empty, truncated, scalar, array, deep JSON',
  'body over 8 KiB',
  'ambiguous framing',
  'two Host headers, two Authorization headers',
  'too many or too large headers',
  'wrong method, unknown path',
  'slowloris',
  'e-mail addresses that are none',
  'international domains',
  'the same address in other letters',
  'password too short or without a class',
  'password too long or with control characters',
  'composed and decomposed forms of one password',
  'common password, or the address itself',
  'credentials that are none',
  'colon, emoji, spaces in a password',
  'unknown address',
  'harmful X-Correlation-Id',
  'X-Forwarded-For without TRUST_PROXY',
  'ten in parallel',
] as const

export const BEYOND = 'beyond the catalogue'
export type Row = (typeof ROWS)[number] | typeof BEYOND

/** What an entry may ask of: one app, somebody active, somebody who still has a code to type in. */
export type World = {
  app: RunningApp
  client: Client
  active: Pending
  pending: Pending
  /** How many hashes have been computed so far, of new passwords and of those that were compared. */
  hashes: () => number
}

/**
 * What the service answers: a status that is no problem, the code of a problem, the broken rules of a 422 as
 * `pointer rule`, or nothing, with the connection closed.
 */
export type Expected = number | Code | readonly string[] | 'closed without an answer'

type OneRequest = {
  send: (world: World) => Buffer | string
  expected: Expected
  /** Whether the connection is closed after the answer, where that matters. */
  closed?: true
  /** What else is to be seen in the answer. */
  also?: (answer: Answer, world: World) => void
}
type SeveralRequests = { run: (world: World) => Promise<void> }
type TestedElsewhere = { file: string; test: string }

export type Entry = { row: Row; what: string } & (OneRequest | SeveralRequests | TestedElsewhere)
export type { OneRequest, RawAnswer }

export const JSON_TYPE = 'Content-Type: application/json'

/** A request to register with these fields in the place of good ones. */
export const registration = (fields: object = {}): Buffer =>
  postUsers(JSON.stringify({ email: newAddress(), password: PASSWORD, ...fields }))

/** A body for POST /users as it is, with these headers instead of the right content type. */
export const postUsers = (body: string | Buffer, headers: string[] = [JSON_TYPE]): Buffer =>
  request('POST /users HTTP/1.1', headers, body)

/** A body that would register somebody, as text to be tampered with. */
export const goodBody = (fields: object = {}): string =>
  JSON.stringify({ email: newAddress(), password: PASSWORD, ...fields })

export const activation = ({ email, password }: Pending, body: object | string): Buffer =>
  request(
    'POST /users/activate HTTP/1.1',
    [JSON_TYPE, `Authorization: ${basicAuth(email, password)}`],
    typeof body === 'string' ? body : JSON.stringify(body),
  )

export const get = (target: string, ...headers: string[]): Buffer =>
  request(`GET ${target} HTTP/1.1`, headers)

export const me = (authorization: string): Buffer => get('/users/me', `Authorization: ${authorization}`)

export const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')

/** A body in chunks, written as they are. */
export const chunked = (chunks: string, ...headers: string[]): Buffer =>
  request(
    'POST /users HTTP/1.1',
    [JSON_TYPE, ...(headers.length > 0 ? headers : ['Transfer-Encoding: chunked'])],
    chunks,
    'as it is',
  )

/** A text as one chunk and the end. */
export const oneChunk = (text: string, extension = '', trailers = ''): string =>
  `${Buffer.byteLength(text).toString(16)}${extension}\r\n${text}\r\n0\r\n${trailers}\r\n`
