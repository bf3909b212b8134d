import fc from 'fast-check'
import { anyCharacter } from './any-text.ts'
import { basicAuth, newAddress, PASSWORD } from './client.ts'
import type { BodySchema, Operation } from './fuzz-document.ts'
import { otherThan, type Pending } from './sign-up.ts'

/** What no answer may repeat; it stands in every path, query, header and body that is made up here. */
export const MARKER = 'mArKeR7qZx'

/** Accounts that really exist, to log in with; `fresh` is one whose code nobody has typed in yet. */
export type Accounts = { active: Pending; pending: Pending; fresh: () => Pending }

/** What a case does to a request; addresses and codes are filled in when it is sent. */
export type Case = {
  body: { kind: 'valid' | 'empty' | 'invalid' | 'odd' | 'none'; text: string | Uint8Array }
  contentType: { valid: boolean; header: string | undefined }
  credentials: 'none' | 'garbage' | 'unknown' | 'wrong password' | 'pending' | 'active' | 'fresh'
  garbage: string
  method: string
  path: { kind: 'as it is' | 'query' | 'other'; suffix: string }
  headers: string[]
}

const junk = fc.string({ unit: anyCharacter, maxLength: 40 })

/** Texts of lengths around every limit there is. */
const ofBoundaryLength = fc
  .tuple(
    fc.constantFrom(0, 1, 3, 4, 5, 6, 8, 11, 12, 13, 63, 64, 65, 127, 128, 129, 253, 254, 255, 2000, 4000),
    fc.constantFrom('a', '1', 'A', ' ', 'é', '🔑', '\u0301', 'Aa!bcde-', '@', 'a.', '\u0000'),
  )
  .map(([length, unit]) => [...unit.repeat(length)].slice(0, length).join(''))

const oddText = fc.oneof(
  junk,
  ofBoundaryLength,
  junk.map(text => `${MARKER}${text}@example.com`),
)
const wrongType = fc.oneof(
  fc.constantFrom(null, true, 1234, 0, -1, 1.5, 1e300),
  fc.array(fc.constantFrom('1234', MARKER), { maxLength: 3 }),
  fc.constant({ [MARKER]: 1 }),
)

/** What stands for an address that is new, or for the right code, until the request is sent. */
export const NEW_ADDRESS = '<new address>'
export const RIGHT_CODE = '<right code>'

const validValue = (name: string): fc.Arbitrary<string> =>
  ({
    email: fc.constant(NEW_ADDRESS),
    password: fc.constantFrom(PASSWORD, `Aa!${MARKER}bcdef`, 'Zwölf 🔑 Zeichen'),
    code: fc.constant(RIGHT_CODE),
    locale: fc.constantFrom('en', 'de-CH', 'zh-Hant-TW'),
  })[name] ?? fc.constant('a')

/** A valid object of a schema: every required field, the others sometimes. */
const validObject = ({ properties, required = [] }: BodySchema): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(Object.keys(properties).map(name => [name, validValue(name)])), {
    requiredKeys: required,
  })

const invalidObject = (schema: BodySchema): fc.Arbitrary<Record<string, unknown>> => {
  const { properties, required = [] } = schema
  const names = fc.constantFrom(...Object.keys(properties))
  const patterned = Object.keys(properties).filter(name => properties[name]?.pattern)
  return validObject(schema).chain(valid =>
    fc.oneof(
      fc.constantFrom(...required).map(name => without(valid, name)),
      fc.tuple(names, wrongType).map(([name, value]) => ({ ...valid, [name]: value })),
      fc.constantFrom('id', 'is_active', 'Email', 'x', '').map(name => ({ ...valid, [name]: MARKER })),
      fc
        .tuple(fc.constantFrom(...patterned), oddText)
        .filter(([name, text]) => !new RegExp(properties[name]?.pattern ?? '').test(text))
        .map(([name, text]) => ({ ...valid, [name]: text })),
    ),
  )
}

const oddObject = (schema: BodySchema): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .tuple(validObject(schema), fc.constantFrom(...Object.keys(schema.properties)), oddText)
    .map(([valid, name, text]) => ({ ...valid, [name]: text }))

const without = (object: Record<string, unknown>, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))

/** What is not one JSON object in UTF-8 of at most 8 KiB. */
const notJson = fc.oneof(
  fc.constantFrom('{', '[]', 'null', '"a"', '1', '{}{}', '{"a":1,}', "{'a':1}", '{"__proto__":1}', ' '),
  fc.constantFrom('['.repeat(4000), '{"a":'.repeat(1000), `{"${MARKER}`, 'a'.repeat(9000)),
  fc.uint8Array({ minLength: 1, maxLength: 50 }).map(bytes => Uint8Array.from([0xff, ...bytes])),
)

const bodyFor = ({ body, method }: Operation): fc.Arbitrary<Case['body']> => {
  const json = (kind: Case['body']['kind'], object: fc.Arbitrary<object>) =>
    object.map(value => ({ kind, text: JSON.stringify(value) }))
  if (method === 'GET') return fc.constant({ kind: 'none', text: '' })
  const bad = notJson.map(text => ({ kind: 'invalid' as const, text }))
  if (!body) {
    return fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          { kind: 'empty' as const, text: '' },
          { kind: 'valid' as const, text: '{}' },
        ),
      },
      { weight: 1, arbitrary: json('invalid', fc.constantFrom({ email: MARKER }, { [MARKER]: 1 })) },
      { weight: 1, arbitrary: bad },
    )
  }
  return fc.oneof(
    { weight: 3, arbitrary: json('valid', validObject(body)) },
    { weight: 4, arbitrary: json('invalid', invalidObject(body)) },
    { weight: 4, arbitrary: json('odd', oddObject(body)) },
    { weight: 2, arbitrary: bad },
    { weight: 1, arbitrary: fc.constant({ kind: 'invalid' as const, text: '' }) },
  )
}

const RIGHT_TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON;charset="UTF-8"',
]
const WRONG_TYPES = [
  'text/plain',
  'application/json; charset=latin1',
  'application/xml',
  `${MARKER}/${MARKER}`,
  '',
]

const contentType: fc.Arbitrary<Case['contentType']> = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...RIGHT_TYPES).map(header => ({ valid: true, header })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...WRONG_TYPES, undefined).map(header => ({ valid: false, header })),
  },
)

const garbage = fc.oneof(
  fc.constantFrom(
    'Basic',
    'Basic !',
    'Bearer a',
    `Basic ${MARKER}`,
    'Basic YQ',
    'Basic Og==',
    `Digest ${MARKER}`,
  ),
  junk.map(text => `Basic ${Buffer.from(text).toString('base64')}`),
  junk.map(text => `Basic ${Buffer.from(`${MARKER}:${text}`).toString('base64')}`),
)

const printable = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map(n => String.fromCharCode(n)),
  maxLength: 30,
})
const extraHeader = fc.oneof(
  fc.constantFrom(
    'X-Correlation-Id: a-good.one_7',
    `X-Correlation-Id: "${MARKER}"`,
    'X-HTTP-Method-Override: DELETE',
    'Accept: text/html',
    'Range: bytes=0-1',
    'If-None-Match: *',
    `Cookie: a=${MARKER}`,
    `X-Forwarded-For: ${MARKER}`,
    'Expect: 100-continue',
    'TE: trailers',
    'Accept-Encoding: gzip, br',
    `Origin: https://${MARKER}.example`,
    `Referer: https://localhost/${MARKER}`,
  ),
  printable.map(text => `X-${MARKER}: ${text}`),
)

/** Suffixes that make another path of any path, and queries, which make none. */
const suffix: fc.Arbitrary<Case['path']> = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ kind: 'as it is' as const, suffix: '' }) },
  {
    weight: 2,
    arbitrary: printable
      .map(text => text.replaceAll('#', '_'))
      .map(text => ({ kind: 'query' as const, suffix: `?${MARKER}=${text}` })),
  },
  {
    weight: 2,
    arbitrary: fc
      .oneof(
        fc.constantFrom(
          '/',
          '//',
          '/..',
          '/.',
          '%00',
          '%ff',
          '%',
          '%2f',
          ';a=b',
          '.json',
          '%20',
          '+',
          '/%2e%2e',
        ),
        printable.map(text => `/${text.replaceAll(/[?#]/g, '_')}`),
      )
      .map(text => ({ kind: 'other' as const, suffix: `${text}${text === '%' ? '' : MARKER}` })),
  },
)

/** Methods that Node can read. QUERY is left out: see known-faults.ts. */
const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'LINK',
  'PURGE',
]

/** Requests for a route, from good to nonsensical, each knowing what was done to it. */
export const casesFor = (operation: Operation): fc.Arbitrary<Case> =>
  fc.record({
    body: bodyFor(operation),
    contentType,
    credentials: operation.needsCredentials
      ? fc.constantFrom('none', 'garbage', 'unknown', 'wrong password', 'pending', 'active', 'fresh', 'fresh')
      : fc.constantFrom('none', 'none', 'garbage', 'active'),
    garbage,
    method: fc.oneof(
      { weight: 14, arbitrary: fc.constant(operation.method) },
      { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
    ),
    path: suffix,
    headers: fc.array(extraHeader, { maxLength: 3 }),
  })

/** The bytes of a case, and whose account it logs in to. */
export const write = (operation: Operation, asked: Case, accounts: Accounts): Buffer => {
  const account = accountOf(operation, asked, accounts)
  const authorization = authorizationOf(asked, account)
  const body = fill(asked, account)
  const path = operation.path.replace('{code}', 'wrong_code')
  const head = [
    `${asked.method} ${path}${asked.path.suffix} HTTP/1.1`,
    'Host: localhost',
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    ...(asked.contentType.header === undefined || asked.body.kind === 'none'
      ? []
      : [`Content-Type: ${asked.contentType.header}`]),
    ...(asked.body.kind === 'none' ? [] : [`Content-Length: ${body.length}`]),
    ...new Map(asked.headers.map(header => [header.split(':')[0], header])).values(),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

const accountOf = ({ path }: Operation, asked: Case, accounts: Accounts): Pending => {
  // Only an activation that may succeed is worth an account of its own.
  const { credentials, body, contentType } = asked
  const spends = path.endsWith('/activate') && body.kind !== 'invalid' && contentType.valid
  if (credentials === 'fresh' && spends && asked.path.kind !== 'other') return accounts.fresh()
  return credentials === 'active' ? accounts.active : accounts.pending
}

const authorizationOf = ({ credentials, garbage }: Case, account: Pending): string | undefined => {
  if (credentials === 'none') return undefined
  if (credentials === 'garbage') return garbage
  if (credentials === 'unknown') return basicAuth(newAddress())
  if (credentials === 'wrong password') return basicAuth(account.email, `Aa!${MARKER}-wrong`)
  return basicAuth(account.email, account.password)
}

/** Puts real addresses and codes in. Whoever shall not use up guesses types in a wrong code. */
const fill = ({ body, credentials }: Case, account: Pending): Buffer => {
  if (typeof body.text !== 'string') return Buffer.from(body.text)
  const code = credentials === 'fresh' ? account.code : otherThan(account.code)
  return Buffer.from(body.text.replace(NEW_ADDRESS, newAddress()).replace(RIGHT_CODE, code))
}
