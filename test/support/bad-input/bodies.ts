import assert from 'node:assert/strict'
import { basicAuth } from '../client.ts'
import { request } from '../raw-http.ts'
import {
  activation,
  BEYOND,
  chunked,
  type Entry,
  type Expected,
  goodBody,
  JSON_TYPE,
  oneChunk,
  postUsers,
  type Row,
  registration,
} from './catalogue.ts'

/** A body for POST /users, as it is. */
const body = (row: Row, what: string, bytes: string | Buffer, expected: Expected): Entry => ({
  row,
  what,
  send: () => postUsers(bytes),
  expected,
})

const malformed = (row: Row, bodies: Record<string, string | Buffer>): Entry[] =>
  Object.entries(bodies).map(([what, bytes]) => body(row, what, bytes, 'malformed_body'))

/** A good body with these bytes within its password. */
const withBytes = (...bytes: number[]): Buffer => {
  const [before = '', behind = ''] = goodBody({ password: 'Correct-#-Horse' }).split('#')
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(behind)])
}

const ofSize = (size: number): string => {
  const short = goodBody()
  return short.replace('{', `{${' '.repeat(size - short.length)}`)
}

const nested = (open: string, depth: number, close: string, inside = ''): string =>
  `${open.repeat(depth)}${inside}${close.repeat(depth)}`

const contentType = (type: string, expected: Expected, row: Row = BEYOND): Entry => ({
  row,
  what: `Content-Type: ${type}`,
  send: () => postUsers(goodBody(), [`Content-Type: ${type}`]),
  expected,
})

const WRONG_TYPES = [12345678, ['Correct-Horse-7'], null, true, { a: 1 }]

const PROTOTYPES = malformed('keys that reach for a prototype', {
  'a __proto__': '{"__proto__":{"email":"a@example.com"}}',
  '__proto__ with an escape': '{"\\u005f_proto__":1}',
  '__proto__ further in': '{"email":{"a":[{"__proto__":1}]}}',
  '__proto__ twice': '{"__proto__":{},"__proto__":null}',
  'constructor.prototype': '{"constructor":{"prototype":{}}}',
  'constructor.prototype with escapes': '{"\\u0063onstructor":{"pr\\u006ftotype":{}}}',
})

const FIELDS: Entry[] = [
  ['is_active', '/is_active'],
  ['toString', '/toString'],
  ['hasOwnProperty', '/hasOwnProperty'],
  ['Email', '/Email'],
  ['', '/'],
  ['a/b~c', '/a~1b~0c'],
  ['constructor', '/constructor'],
].map(([name = '', pointer]) => ({
  row: 'unknown field',
  what: `"${name}"`,
  send: () => registration({ [name]: true }),
  expected: [`${pointer} unknown_field`],
}))

const TYPES: Entry[] = WRONG_TYPES.map(value => ({
  row: 'number, array, null, boolean for a string',
  what: JSON.stringify(value),
  send: () => registration({ email: value, password: value, locale: value }),
  expected: ['/email type', '/password type', '/locale type'],
}))

const UTF_8 = malformed('invalid UTF-8 in the body', {
  'a byte that never occurs': withBytes(0xff),
  'the first of two bytes': withBytes(0xc3),
  'a continuation on its own': withBytes(0x80),
  'an overlong slash': withBytes(0xc0, 0xaf),
  'an overlong NUL': withBytes(0xc0, 0x80),
  'a surrogate (CESU-8)': withBytes(0xed, 0xa0, 0x80),
  'beyond U+10FFFF': withBytes(0xf4, 0x90, 0x80, 0x80),
  'cut off within a character': Buffer.from(goodBody({ password: 'Correct-Horsé' })).subarray(0, -3),
  'Latin-1': Buffer.from(goodBody({ password: 'Correct-é-Horse' }), 'latin1'),
})

const SURROGATES: Entry[] = (
  [
    ['high, in the password', { password: 'Correct-Horse-\ud800' }, '/password password_not_unicode'],
    ['low, in the password', { password: 'Correct-\udc00-Horse' }, '/password password_not_unicode'],
    ['two in the wrong order', { password: 'Correct-\udc00\ud800-Horse' }, '/password password_not_unicode'],
    ['in the local part', { email: '\ud800@example.com' }, '/email email_local_part_not_ascii'],
    ['in the domain', { email: 'a@\udc00.example' }, '/email email_domain'],
    ['in the locale', { locale: '\ud800' }, '/locale locale_format'],
  ] as const
).map(([what, fields, rule]) => ({
  row: 'lone surrogate in a string',
  what,
  send: () => registration(fields),
  expected: [rule],
}))

const MEDIA_TYPE_ROW = 'another charset, content type or content encoding'
const MEDIA_TYPES: Entry[] = [
  ...[
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json; charset=',
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=a',
    'application/jsonp',
    'application/json, text/plain',
    'bogus',
    '/',
    '',
  ].map(type => contentType(type, 'unsupported_media_type', MEDIA_TYPE_ROW)),
  ...[['X-No-Content-Type: at all'], ...['gzip', 'br', 'identity, br', 'x'].map(encoded)].map(
    (headers): Entry => ({
      row: MEDIA_TYPE_ROW,
      what: headers.at(-1) ?? '',
      send: () => postUsers(goodBody(), headers),
      expected: 'unsupported_media_type',
    }),
  ),
]

function encoded(encoding: string): string[] {
  return [JSON_TYPE, `Content-Encoding: ${encoding}`]
}

const NO_OBJECT = [
  ...malformed('empty, truncated, scalar, array, deep JSON', {
    empty: '',
    'white space': ' \t\r\n',
    'truncated after {': '{',
    'truncated before its last }': goodBody().slice(0, -1),
    'truncated within a string': '{"email":"a@exa',
    null: 'null',
    true: 'true',
    number: '1',
    string: '"a"',
    array: '[]',
    'array of an object': `[${goodBody()}]`,
    '4,000 arrays deep': nested('[', 4000, ']'),
    '8,000 arrays deep, never closed': '['.repeat(8000),
    '1,300 objects deep, never closed': '{"a":'.repeat(1300),
  }),
  // 8 KiB are sooner over than 10,000 levels.
  body(
    'empty, truncated, scalar, array, deep JSON',
    '10,000 arrays deep',
    nested('[', 10_000, ']'),
    'body_too_large',
  ),
]

const TOO_LARGE: Entry[] = [
  {
    row: 'body over 8 KiB',
    what: 'counted, and not hashed',
    send: () => postUsers(ofSize(8193)),
    expected: 'body_too_large',
    closed: true,
  },
  {
    row: 'body over 8 KiB',
    what: 'in chunks, and not hashed',
    send: () => chunked(oneChunk(ofSize(8193))),
    expected: 'body_too_large',
    closed: true,
  },
  {
    row: 'body over 8 KiB',
    what: 'announced, not yet sent',
    send: () => request('POST /users HTTP/1.1', [JSON_TYPE, 'Content-Length: 8193'], '', 'as it is'),
    expected: 'body_too_large',
    closed: true,
  },
  {
    row: 'body over 8 KiB',
    what: 'to the other routes with a body',
    run: async ({ client, active }) => {
      for (const path of ['/users/activate', '/users/resend-code']) {
        const headers = { authorization: basicAuth(active.email) }
        const { status } = await client.ask('POST', path, { headers, body: { code: '1'.repeat(8192) } })
        assert.equal(status, 413, path)
      }
    },
  },
]

const beyond = (what: string, bytes: string | Buffer, expected: Expected): Entry =>
  body(BEYOND, what, bytes, expected)

const SYNTAX: Entry[] = [
  ...malformed(BEYOND, {
    'JSON with garbage behind it': `${goodBody()}x`,
    'JSON with NUL behind it': `${goodBody()}\0`,
    'two JSON objects': `${goodBody()}${goodBody()}`,
    'JSON by the line': `${goodBody()}\n${goodBody()}\n`,
    'JSON with a comment': `${goodBody()}//`,
    'JSON with a comma too many': goodBody().replace('}', ',}'),
    'JSON in single quotes': goodBody().replaceAll('"', "'"),
    'JSON with NaN': '{"email":NaN}',
    'JSON with a number that begins with 0': '{"email":01}',
    'JSON with a hexadecimal number': '{"email":0x12}',
    'JSON with a line break in a string': goodBody({ password: 'Correct-Horse#7' }).replace('#', '\n'),
    'JSON with NUL in a string': goodBody({ password: 'Correct-Horse#7' }).replace('#', '\0'),
    'JSON with NUL between fields': goodBody().replace(',', ',\0'),
    'JSON with an escape cut short': goodBody({ password: 'Correct-Horse#7' }).replace('#', '\\u12'),
    'JSON with an escape there is not': goodBody({ password: 'Correct-Horse#7' }).replace('#', '\\x41'),
    'JSON in UTF-16': Buffer.from(goodBody(), 'utf16le'),
    'JSON in UTF-16 with a byte order mark': Buffer.from(`\ufeff${goodBody()}`, 'utf16le'),
    'JSON after a no-break space': `\u00a0${goodBody()}`,
    'JSON after a guard against hijacking': `)]}',\n${goodBody()}`,
    'two byte order marks': `\ufeff\ufeff${goodBody()}`,
    'a form': 'email=a%40example.com&password=Correct-Horse-7',
    'XML that reaches for a file': '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  }),
  beyond('a byte order mark before the JSON', `\ufeff${goodBody()}`, 201),
  beyond('JSON over many lines', JSON.stringify(JSON.parse(goodBody()), null, '\t'), 201),
  beyond('a name written with an escape', goodBody().replace('"email"', '"\\u0065mail"'), 201),
  beyond(
    'an emoji as two escapes',
    goodBody({ password: 'Correct-Horse-#' }).replace('#', '\\ud83d\\udd11'),
    201,
  ),
  beyond('an exponent that is infinite', '{"email":1e400,"password":-1E-400}', [
    '/email type',
    '/password type',
  ]),
  beyond('NUL as an escape', goodBody({ password: 'Correct-Horse-\0' }), [
    '/password password_control_character',
  ]),
  beyond('a name that is a lone surrogate', goodBody({ '\ud800': 1 }), ['/\ud800 unknown_field']),
  beyond('a name with NUL', goodBody({ 'a\0': 1 }), ['/a\0 unknown_field']),
  beyond('arrays within a string', goodBody({ password: `Aa${'['.repeat(63)}${']'.repeat(63)}` }), 201),
  beyond('4,000 arrays for a string', `{"password":${nested('[', 4000, ']')},"email":"a@b.example"}`, [
    '/password type',
  ]),
  beyond('a body within a body', JSON.stringify(goodBody()), 'malformed_body'),
  beyond('8192 bytes', ofSize(8192), 201),
  beyond('8193 bytes', ofSize(8193), 'body_too_large'),
  {
    row: BEYOND,
    what: 'a name twice: the last one counts, as for every JSON.parse',
    send: () => postUsers(`{"email":"no address",${goodBody().slice(1)}`),
    expected: 201,
  },
  {
    row: BEYOND,
    what: 'a good field before a bad one of the same name',
    send: () => postUsers(`${goodBody().slice(0, -1)},"email":"no address"}`),
    expected: ['/email email_syntax'],
  },
  {
    row: BEYOND,
    what: '500 unknown fields: the first 20 are named',
    send: () => registration(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`f${n}`, n]))),
    expected: Array.from({ length: 20 }, (_, n) => `/f${n} unknown_field`),
  },
  {
    row: BEYOND,
    what: 'SQL, templates and markup are text like any other',
    send: () => registration({ password: "'; drop table users; -- {{7*7}} <script>alert(1)</script> A" }),
    expected: 201,
  },
]

const RESEND: Entry[] = (
  [
    ['an empty object', '{}', 202],
    ['nothing', undefined, 202],
    ['a field', '{"email":"a@example.com"}', ['/email unknown_field']],
    ['an array', '[]', 'malformed_body'],
    ['null', 'null', 'malformed_body'],
    ['garbage', '{', 'malformed_body'],
  ] as const
).map(([what, bytes, expected]) => ({
  row: BEYOND,
  what: `${what} for a new code`,
  send: ({ pending }) => {
    const headers = [JSON_TYPE, `Authorization: ${basicAuth(pending.email)}`]
    return request('POST /users/resend-code HTTP/1.1', headers, bytes)
  },
  expected,
}))

const LOCALES: Entry[] = (
  [
    ['de-CH-1996', 201],
    ['en_US', ['/locale locale_format']],
    ['en-US.UTF-8', ['/locale locale_format']],
    ['../../etc/passwd', ['/locale locale_format']],
    ['', ['/locale locale_format']],
    ['en\n', ['/locale locale_format']],
    ['e'.repeat(4000), ['/locale locale_format']],
  ] as const
).map(([locale, expected]) => ({
  row: BEYOND,
  what: `locale ${JSON.stringify(locale).slice(0, 20)}`,
  send: () => registration({ locale }),
  expected,
}))

const OTHER_TYPES: Entry[] = [
  contentType('application/json; charset=utf-8', 201),
  contentType('Application/JSON;charset="UTF-8"', 201),
  contentType('application/json ; charset=utf-8', 201),
  contentType('\tapplication/json', 201),
  contentType('application/json; charset=utf8', 'unsupported_media_type'),
  contentType("application/json; charset='utf-8'", 'unsupported_media_type'),
  contentType('application/json; profile=x', 'unsupported_media_type'),
  contentType('application/json; charset=utf-8; charset=utf-16', 'unsupported_media_type'),
  contentType('application/json charset=utf-8', 'unsupported_media_type'),
  contentType('application/problem+json', 'unsupported_media_type'),
  contentType('application/vnd.api+json', 'unsupported_media_type'),
  contentType('application/json5', 'unsupported_media_type'),
  contentType('*/*', 'unsupported_media_type'),
  contentType('application/*', 'unsupported_media_type'),
  contentType('application/json;', 201),
  {
    row: BEYOND,
    what: 'Content-Encoding: identity',
    send: () => postUsers(goodBody(), encoded('identity')),
    expected: 201,
  },
  {
    row: BEYOND,
    what: 'a wrong content type of a good code',
    send: ({ pending: { email, code } }) =>
      request(
        'POST /users/activate HTTP/1.1',
        ['Content-Type: text/plain', `Authorization: ${basicAuth(email)}`],
        JSON.stringify({ code }),
      ),
    expected: 'unsupported_media_type',
  },
  {
    row: BEYOND,
    what: 'a good code with a field too many',
    send: ({ pending }) => activation(pending, { code: pending.code, email: pending.email }),
    expected: ['/email unknown_field'],
  },
  {
    row: BEYOND,
    what: 'a body of a GET is of no interest',
    send: ({ active }) =>
      request('GET /users/me HTTP/1.1', [`Authorization: ${basicAuth(active.email)}`], '{"broken'),
    expected: 200,
  },
]

export const BODIES: Entry[] = [
  ...PROTOTYPES,
  ...FIELDS,
  ...TYPES,
  ...UTF_8,
  ...SURROGATES,
  ...MEDIA_TYPES,
  ...NO_OBJECT,
  ...TOO_LARGE,
  ...SYNTAX,
  ...RESEND,
  ...LOCALES,
  ...OTHER_TYPES,
]
