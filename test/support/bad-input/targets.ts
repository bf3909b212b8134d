import assert from 'node:assert/strict'
import type { Answer } from '../client.ts'
import { basicAuth } from '../client.ts'
import { request } from '../raw-http.ts'
import { BEYOND, type Entry, type Expected, get, goodBody, JSON_TYPE, type Row } from './catalogue.ts'

const ROW = 'wrong method, unknown path'

/** What an answer must not repeat. */
const silentAbout =
  (words: RegExp) =>
  ({ headers, body }: Answer) =>
    assert.doesNotMatch(JSON.stringify([body, ...headers]), words)

const unknown = (row: Row, targets: Record<string, string>): Entry[] =>
  Object.entries(targets).map(([what, target]) => ({
    row,
    what,
    send: () => get(target),
    expected: 'not_found',
    also: silentAbout(/s3cret|%|\.\./),
  }))

const allowed = (row: Row, line: string, ...methods: string[]): Entry => ({
  row,
  what: line,
  send: () => request(`${line} HTTP/1.1`),
  expected: 'method_not_allowed',
  also: answer => {
    assert.deepEqual(answer.headers.get('allow')?.split(', ').sort(), methods.sort())
    silentAbout(/s3cret/)(answer)
  },
})

const CATALOGUE: Entry[] = [
  allowed(ROW, 'GET /users', 'POST'),
  allowed(ROW, 'DELETE /users?s3cret', 'POST'),
  allowed(ROW, 'GET /users/activate', 'POST'),
  allowed(ROW, 'PUT /users/resend-code', 'POST'),
  allowed(ROW, 'POST /users/me', 'GET', 'HEAD'),
  allowed(ROW, 'PATCH /health/live', 'GET', 'HEAD'),
  allowed(ROW, 'DELETE /problems/wrong_code', 'GET', 'HEAD'),
  allowed(ROW, 'OPTIONS /openapi.json', 'GET', 'HEAD'),
  ...unknown(ROW, {
    'a path there is not': '/s3cret',
    '%00': '/users%00s3cret',
    '%00 in the middle': '/users/%00/s3cret',
    '..': '/users/../health/live',
    '.. at the end': '/users/..',
    '.. encoded': '/%2e%2e/users',
    '%ff': '/%ff/s3cret',
    '%ff in a parameter': '/problems/%ff',
    'a % on its own': '/users/%',
  }),
]

const PATHS: Entry[] = [
  ...unknown(BEYOND, {
    'a slash at the end': '/users/',
    'a slash at the end of a page': '/problems/wrong_code/',
    'two slashes': '//users',
    'two slashes in the middle': '/users//me',
    'a dot segment': '/users/./me',
    'a dot segment at the end': '/users/me/.',
    'an encoded slash': '/users%2fme',
    'an encoded backslash': '/users%5cme',
    'a double-encoded letter': '/%2575sers/me',
    'a double-encoded ..': '/users/%252e%252e/health/live',
    '.. overlong': '/users/%c0%ae%c0%ae/health/live',
    '.. with a parameter': '/users/..;/health/live',
    'upper case': '/USERS/me',
    'a parameter of a path': '/users/me;jsessionid=s3cret',
    'an encoded question mark': '/users/me%3fa=b',
    'an encoded fragment': '/users/me%23a',
    'an encoded line break': '/users/me%0d%0aX-S3cret:%20a',
    'a blank at the end': '/users/me%20',
    'a plus': '/users/me+',
    'a suffix': '/users/me.json',
    'a full-width letter': '/%ef%bd%95sers/me',
    'one letter less': '/user',
    'a problem there is not': '/problems/s3cret',
    'a problem of JavaScript': '/problems/__proto__',
    'a method of JavaScript': '/problems/toString',
    'no problem': '/problems/',
    'the file of a problem': '/problems/..%2f..%2fpackage.json',
    'a file outside of the documentation': '/docs/static/..%2f..%2fpackage.json',
    'a file the documentation has not': '/docs/static/s3cret.js',
    'a path of 15,000 letters': `/${'a'.repeat(15_000)}`,
    'a path of 5,000 segments': '/a'.repeat(5000),
    'the port of the metrics': '/metrics',
    '*': '*',
    'a file of secrets': '/.env',
    'the repository': '/.git/config',
  }),
  {
    row: BEYOND,
    what: 'a fragment',
    send: () => get('/users/me#s3cret'),
    expected: 'bad_request',
  },
  {
    row: BEYOND,
    what: 'a fragment of another method',
    send: () => request('DELETE /users/me#s3cret HTTP/1.1'),
    expected: 'bad_request',
  },
]

/** Targets that mean GET /users/me. */
const SAME: Entry[] = [
  ['an encoded letter', '/%75sers/me'],
  ['a query', '/users/me?a=b'],
  ['an empty query', '/users/me?'],
  ['a query that does not decode', '/users/me?%ff=%&&=%00'],
  ['a query of another query', '/users/me??a=b?c=/../'],
  ['a query that reaches for a prototype', '/users/me?__proto__[a]=b&constructor.prototype=c'],
  ['2,000 parameters', `/users/me?${'a=b&'.repeat(2000)}`],
  ['credentials in a query', '/users/me?authorization=Basic%20YTpi&email=a&password=b'],
  ['an absolute URL', 'http://localhost/users/me'],
  ['an absolute URL of elsewhere', 'http://evil.example:99/users/me?a=b'],
  ['an absolute URL in capitals', 'HTTP://LOCALHOST/users/me'],
  ['an absolute URL with credentials', 'http://a:b@localhost/users/me'],
  ['an absolute URL of TLS', 'https://localhost/users/me'],
].map(([what = '', target = '']) => ({
  row: BEYOND,
  what,
  send: () => get(target),
  expected: 'invalid_credentials',
}))

const METHODS: Entry[] = [
  allowed(BEYOND, 'TRACE /users', 'POST'),
  allowed(BEYOND, 'PROPFIND /users/me', 'GET', 'HEAD'),
  allowed(BEYOND, 'QUERY /users/me', 'GET', 'HEAD'),
  allowed(BEYOND, 'M-SEARCH /users/me', 'GET', 'HEAD'),
  allowed(BEYOND, 'LINK /users/me', 'GET', 'HEAD'),
  allowed(BEYOND, 'POST /docs', 'GET', 'HEAD'),
  allowed(BEYOND, 'POST /', 'GET', 'HEAD'),
  allowed(BEYOND, 'OPTIONS http://localhost/users', 'POST'),
  allowed(BEYOND, 'DELETE /%75sers/me', 'GET', 'HEAD'),
  {
    row: BEYOND,
    what: 'a request of a browser elsewhere, before its own',
    send: () =>
      request('OPTIONS /users HTTP/1.1', [
        'Origin: https://evil.example',
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: content-type',
      ]),
    expected: 'method_not_allowed',
  },
  one('OPTIONS *', 'not_found'),
  {
    row: BEYOND,
    what: 'a wrong method with a body that is no JSON',
    send: () => request('PUT /users HTTP/1.1', [JSON_TYPE], '{'),
    expected: 'method_not_allowed',
  },
  {
    row: BEYOND,
    what: 'a wrong method with a form',
    send: () => request('PUT /users HTTP/1.1', ['Content-Type: application/x-www-form-urlencoded'], 'a=b'),
    expected: 'method_not_allowed',
  },
  {
    row: BEYOND,
    what: 'an unknown path with a body that is no JSON',
    send: () => request('POST /s3cret HTTP/1.1', [JSON_TYPE], '{'),
    expected: 'not_found',
  },
  {
    row: BEYOND,
    what: 'an unknown path with a form',
    send: () => request('POST /s3cret HTTP/1.1', ['Content-Type: application/x-www-form-urlencoded'], 'a=b'),
    expected: 'not_found',
  },
  {
    row: BEYOND,
    what: 'a registration with a fragment',
    send: () => request('POST /users#s3cret HTTP/1.1', [JSON_TYPE], goodBody()),
    expected: 'bad_request',
  },
  one('CONNECT localhost:80', 'closed without an answer'),
  one('CONNECT /users', 'closed without an answer'),
  {
    row: BEYOND,
    what: 'a method in the query',
    send: () => request('POST /users?_method=DELETE HTTP/1.1', [JSON_TYPE], goodBody()),
    expected: 201,
  },
  {
    row: BEYOND,
    what: 'a method in a header, which would be a good one',
    send: ({ active }) =>
      request('POST /users/me HTTP/1.1', [
        'X-HTTP-Method-Override: GET',
        `Authorization: ${basicAuth(active.email)}`,
      ]),
    expected: 'method_not_allowed',
  },
  {
    row: BEYOND,
    what: 'HEAD',
    run: async ({ client }) => {
      for (const [path, status] of [
        ['/users/me', 401],
        ['/users', 405],
        ['/health/live', 200],
        ['/problems/wrong_code', 200],
        ['/nothing', 404],
        ['/%ff', 404],
      ] as const) {
        const answer = await client.ask('HEAD', path)
        assert.equal(answer.status, status, path)
        assert.deepEqual(answer.body, { text: '' })
      }
    },
  },
]

function one(line: string, expected: Expected): Entry {
  return { row: BEYOND, what: line, send: () => request(`${line} HTTP/1.1`), expected }
}

export const TARGETS: Entry[] = [...CATALOGUE, ...PATHS, ...SAME, ...METHODS]
