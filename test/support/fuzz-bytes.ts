import fc from 'fast-check'
import { basicAuth, newAddress, PASSWORD } from './client.ts'

/** The bytes of one connection, as Latin-1, and where they are cut into segments. */
export type Conversation = { text: string; cuts: number[] }

/** Stands for an address that is new each time the bytes are sent, and is as long as one. */
export const ADDRESS_SLOT = newAddress().replace(/^user-[0-9a-f-]+/, slot => 'x'.repeat(slot.length))

const BODY = JSON.stringify({ email: ADDRESS_SLOT, password: PASSWORD })
const ACTIVATION = JSON.stringify({ code: '1234' })

const usually = <T>(good: T, ...bad: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 40, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) })

const CRLF = usually('\r\n', '\n', '\r', '\r\r\n', '\n\r', '')
const BLANK = usually(' ', '\t', '  ', '', '\0')
const VERSION = usually(
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.1 ',
  'H',
)
const METHOD = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('POST', 'POST', 'GET') },
  { weight: 1, arbitrary: usually('HEAD', 'PUT', 'OPTIONS', 'post', 'PO ST', 'X'.repeat(300), '') },
)

const TARGET = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('/users', '/users', '/users', '/users/activate', '/users/me', '/health/live'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/nothing', 'http://localhost/users', '*', '', '/users?a=b', '/us\0ers', '//'),
  },
)

const HEADER_LINE = fc.oneof(
  fc.constantFrom(
    'Content-Type: application/json',
    `Authorization: ${basicAuth(ADDRESS_SLOT)}`,
    'Accept: */*',
  ),
  fc.constantFrom(
    'X : a',
    ': a',
    'X',
    'X: a\r\n b',
    'X: \0',
    'X: \x7f',
    ' X: a',
    'X: é',
    'X\ty: a',
    `X: ${'a'.repeat(17_000)}`,
  ),
  fc.constantFrom(
    'Connection: close',
    'Connection: keep-alive',
    'Expect: 100-continue',
    'Host: b',
    'X: a\rY: b',
    'X: a\nY: b',
  ),
  fc.constantFrom(
    'Content-Length: 0',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: identity',
  ),
)

type Framing = { headers: string[]; body: string }

const chunksOf = (body: string, sizes: number[]): string => {
  const chunks: string[] = []
  let at = 0
  for (const size of sizes) {
    const chunk = body.slice(at, at + size)
    if (chunk !== '') chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    at += size
  }
  const rest = body.slice(at)
  return `${chunks.join('')}${rest === '' ? '' : `${rest.length.toString(16)}\r\n${rest}\r\n`}`
}

const LAST_CHUNK = usually(
  '0\r\n\r\n',
  '0\r\nX: a\r\n\r\n',
  '0\r\n',
  '00\r\n\r\n',
  '0\n\n',
  '0;a=b\r\n\r\n',
  '',
  'g\r\n',
)

const framed = (body: string): fc.Arbitrary<Framing> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constant<Framing>({ headers: [`Content-Length: ${Buffer.byteLength(body)}`], body }),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }), LAST_CHUNK)
        .map(([sizes, last]) => ({
          headers: ['Transfer-Encoding: chunked'],
          body: `${chunksOf(body, sizes)}${last}`,
        })),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(
          '+5',
          '-1',
          '0x5',
          '',
          '5, 5',
          '5 5',
          '1e1',
          '99999999999999999999',
          `${body.length - 1}`,
          `${body.length + 1}`,
        )
        .map(length => ({ headers: [`Content-Length: ${length}`], body })),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(
          'identity',
          'chunked, identity',
          'xchunked',
          'chunked, chunked',
          '\x0bchunked',
          'chunked\0',
        )
        .map(encoding => ({
          headers: [`Transfer-Encoding: ${encoding}`],
          body: `${chunksOf(body, [])}0\r\n\r\n`,
        })),
    },
    {
      weight: 1,
      arbitrary: fc.constant<Framing>({
        headers: [`Content-Length: ${Buffer.byteLength(body)}`, 'Transfer-Encoding: chunked'],
        body: `${chunksOf(body, [])}0\r\n\r\n`,
      }),
    },
    { weight: 1, arbitrary: fc.constant<Framing>({ headers: [], body: '' }) },
  )

const REQUEST = fc
  .tuple(
    fc.tuple(METHOD, BLANK, TARGET, BLANK, VERSION, CRLF),
    fc.oneof(
      { weight: 12, arbitrary: fc.constant('Host: localhost') },
      { weight: 1, arbitrary: fc.constantFrom('', '', 'Host: a\r\nHost: b', 'Host : a') },
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(HEADER_LINE, { maxLength: 2 }) },
    ),
    fc.constantFrom(BODY, BODY, ACTIVATION, '{', '').chain(framed),
    CRLF,
    CRLF,
  )
  .map(([line, host, extra, { headers, body }, lineEnd, headEnd]) => {
    const head = [host, 'Content-Type: application/json', ...extra, ...headers].filter(text => text !== '')
    // A Content-Type twice is a fault of its own, and hides the others.
    const lines = head.filter((text, at) => !text.startsWith('Content-Type') || head.indexOf(text) === at)
    return `${line.join('')}${lines.join('\r\n')}${lineEnd}${headEnd}${body}`
  })

type Mutation = (bytes: Buffer) => Buffer

const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const place = (bytes: Buffer, where: number): number => Math.floor(where * bytes.length)

const MUTATION: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, fc.integer({ min: 0, max: 255 })).map(([where, byte]) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes)
    if (changed.length > 0) changed[place(bytes, where)] = byte
    return changed
  }),
  fc.tuple(at, fc.integer({ min: 1, max: 20 })).map(
    ([where, count]) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, place(bytes, where)), bytes.subarray(place(bytes, where) + count)]),
  ),
  fc.tuple(at, fc.integer({ min: 1, max: 200 })).map(([where, count]) => (bytes: Buffer) => {
    const from = place(bytes, where)
    return Buffer.concat([bytes.subarray(0, from + count), bytes.subarray(from)])
  }),
  fc.tuple(at, fc.constantFrom('\r', '\n', '\r\n', '\r\n\r\n', '\0', ' ', ':', '\x80')).map(
    ([where, text]) =>
      (bytes: Buffer) =>
        Buffer.concat([
          bytes.subarray(0, place(bytes, where)),
          Buffer.from(text, 'latin1'),
          bytes.subarray(place(bytes, where)),
        ]),
  ),
  at.map(where => (bytes: Buffer) => bytes.subarray(0, place(bytes, where))),
)

/** One to three requests, some with faults of their own, then mangled or not, in segments of any size. */
export const conversation: fc.Arbitrary<Conversation> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.array(REQUEST, { minLength: 1, maxLength: 1 }) },
      { weight: 1, arbitrary: fc.array(REQUEST, { minLength: 2, maxLength: 3 }) },
    ),
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(MUTATION, { minLength: 1, maxLength: 3 }) },
    ),
    fc.array(at, { maxLength: 4 }),
  )
  .map(([requests, mutations, cuts]) => {
    const written = Buffer.from(requests.join(''), 'latin1')
    const bytes = mutations.reduce<Buffer>((mangled, mutation) => mutation(mangled), written)
    return {
      text: bytes.toString('latin1'),
      cuts: cuts.map(where => place(bytes, where)).sort((a, b) => a - b),
    }
  })

/** The bytes with a new address in every slot that is still whole. */
export const withAddresses = (text: string): Buffer =>
  Buffer.from(text.replaceAll(ADDRESS_SLOT, newAddress), 'latin1')
