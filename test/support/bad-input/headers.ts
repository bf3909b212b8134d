import assert from 'node:assert/strict'
import { basicAuth } from '../client.ts'
import { request } from '../raw-http.ts'
import { BEYOND, type Entry, type Expected, get, goodBody, JSON_TYPE, type Row } from './catalogue.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const asked = (row: Row, what: string, headers: string[], expected: Expected, closed?: true): Entry => ({
  row,
  what,
  send: () => get('/health/live', ...headers),
  expected,
  ...(closed && { closed }),
})

/** Headers that change nothing. */
const harmless = (headers: Record<string, string>): Entry[] =>
  Object.entries(headers).map(([what, header]) => asked(BEYOND, what, [header], 200))

/** Headers that are none. */
const broken = (headers: Record<string, string>): Entry[] =>
  Object.entries(headers).map(([what, header]) => asked(BEYOND, what, [header], 'bad_request', true))

const authorization = `Authorization: ${basicAuth('a@example.com')}`
const TWICE = 'two Host headers, two Authorization headers'
const ONCE: Entry[] = [
  asked(TWICE, 'the same host', ['Host: localhost'], 'duplicate_header'),
  asked(TWICE, 'two hosts', ['Host: elsewhere'], 'duplicate_header'),
  asked(TWICE, 'a host and an empty one', ['Host:'], 'duplicate_header'),
  asked(TWICE, 'the same credentials', [authorization, authorization], 'duplicate_header'),
  asked(
    TWICE,
    'two credentials',
    [authorization, `aUTHORIZATION: ${basicAuth('b@example.com')}`],
    'duplicate_header',
  ),
  asked(BEYOND, 'two content types', [JSON_TYPE, JSON_TYPE], 'duplicate_header'),
]

const TOO_MANY = 'too many or too large headers'
const LARGE: Entry[] = [
  asked(
    TOO_MANY,
    '101 with the host',
    [...Array(100).keys()].map(n => `X-${n}: a`),
    'headers_too_large',
  ),
  asked(TOO_MANY, '3,000', Array(3000).fill('A: b'), 'headers_too_large', true),
  asked(TOO_MANY, 'a value of 16 KiB', [`X: ${'a'.repeat(16 * 1024)}`], 'headers_too_large', true),
  asked(TOO_MANY, 'a name of 16 KiB', [`${'X'.repeat(16 * 1024)}: a`], 'headers_too_large', true),
  asked(TOO_MANY, 'a cookie of 16 KiB', [`Cookie: a=${'a'.repeat(16 * 1024)}`], 'headers_too_large', true),
  {
    row: TOO_MANY,
    what: 'a path of 16 KiB',
    send: () => get(`/${'a'.repeat(16 * 1024)}`),
    expected: 'headers_too_large',
    closed: true,
  },
  asked(
    BEYOND,
    '100 headers with the host',
    [...Array(99).keys()].map(n => `X-${n}: a`),
    200,
  ),
  asked(BEYOND, 'headers of nearly 16 KiB', [`X: ${'a'.repeat(16_000)}`], 200),
]

const replaced = (what: string, value: string): Entry => ({
  row: 'harmful X-Correlation-Id',
  what,
  send: () => get('/health/live', `X-Correlation-Id: ${value}`),
  expected: 200,
  also: ({ headers }) => {
    assert.match(headers.get('x-correlation-id') ?? '', UUID)
    assert.equal(headers.get('x-smuggled'), null)
  },
})

const IDS: Entry[] = [
  {
    row: 'harmful X-Correlation-Id',
    what: 'CR and LF, which begin another header',
    send: () => get('/health/live', 'X-Correlation-Id: a\r\nX-Smuggled: b'),
    expected: 200,
    also: ({ headers }) => {
      assert.equal(headers.get('x-correlation-id'), 'a')
      assert.equal(headers.get('x-smuggled'), null)
    },
  },
  asked('harmful X-Correlation-Id', 'bare LF', ['X-Correlation-Id: a\nX-Smuggled: b'], 'bad_request', true),
  asked('harmful X-Correlation-Id', 'bare CR', ['X-Correlation-Id: a\rX-Smuggled: b'], 'bad_request', true),
  replaced('CR and LF, percent-encoded', 'a%0d%0aX-Smuggled:%20b'),
  replaced('CR and LF, as their last bytes (U+560D, U+560A)', 'a嘍嘊X-Smuggled: b'),
  replaced('10 KB', 'a'.repeat(10_000)),
  replaced('65 letters', 'a'.repeat(65)),
  replaced('quotes', `"a'`),
  replaced('markup', '<script>'),
  replaced('a template', '{{constructor}}'),
  replaced('nothing', ''),
  replaced('two of them', 'a\r\nX-Correlation-Id: b'),
]

const NAMES_AND_VALUES: Entry[] = [
  ...broken({
    'an empty header name': ': a',
    'a header without a colon': 'X',
    'a blank before the colon': 'X : a',
    'a blank in the name': 'X Y: a',
    'a tab before the name': '\tX: a',
    'a fold before any header': ' folded',
    'a fold (obs-fold)': 'X: a\r\n b',
    'a fold with a tab': 'X: a\r\n\tb',
    'a line end of LF behind a header': 'X: a\nY: b',
    'NUL in a value': 'X: a\0b',
    'a control character in a value': 'X: a\x01b',
    'DEL in a value': 'X: a\x7fb',
    'NUL in a name': 'X\0Y: a',
    'a name outside of ASCII': 'Xé: a',
    'a bracket in a name': 'X[]: a',
    'an @ in a name': 'X@Y: a',
  }),
  ...harmless({
    'a tab in a value': 'X: a\tb',
    'white space around a value': 'X: \t a \t ',
    'an empty value': 'X:',
    'a value outside of ASCII': 'X: é嘊🔑',
    'a name of signs': "!#$%&'*+-.^_`|~: a",
    'a name of JavaScript': '__proto__: a',
    constructor: 'constructor: a',
  }),
]

const MEANING: Entry[] = [
  ...harmless({
    'X-HTTP-Method-Override': 'X-HTTP-Method-Override: DELETE',
    'X-Method-Override': 'X-Method-Override: DELETE',
    'X-Original-URL': 'X-Original-URL: /users/me',
    'X-Rewrite-URL': 'X-Rewrite-URL: /nothing',
    'Forwarded by garbage': 'Forwarded: for=;;;"',
    'X-Forwarded-For of garbage': 'X-Forwarded-For: a, 999.1.1.1, ::1%eth0, ,',
    'X-Forwarded-Host': 'X-Forwarded-Host: evil.example',
    'Accept that excludes JSON': 'Accept: text/html;q=1, application/json;q=0',
    'Accept of garbage': 'Accept: ;;q=',
    'Accept-Encoding that excludes everything': 'Accept-Encoding: identity;q=0, *;q=0',
    'Accept-Charset': 'Accept-Charset: utf-7',
    'a range': 'Range: bytes=99999-',
    'If-None-Match': 'If-None-Match: *',
    'If-Match': 'If-Match: "a"',
    'If-Modified-Since': 'If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT',
    'a cookie of junk': 'Cookie: =;;a="\u00ff; a=b=c; __proto__=1',
    'Max-Forwards': 'Max-Forwards: 0',
    'TE that is not understood': 'TE: trailers, deflate;q=0.5',
    'Upgrade to HTTP/2': 'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQ',
    'Upgrade to a web socket': 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: a',
    'Connection that names Host': 'Connection: Host, keep-alive',
    'Keep-Alive': 'Keep-Alive: timeout=99999999999999, max=-1',
    'Proxy-Connection': 'Proxy-Connection: close',
    Origin: 'Origin: https://evil.example',
    'a language of 8 KB': `Accept-Language: ${'a,'.repeat(4000)}`,
  }),
  asked(BEYOND, 'Connection: close', ['Connection: close'], 200, true),
  ...['', 'a b', 'evil.example', 'localhost:99999', '[::1', '@', '"'].map(
    (host): Entry => ({
      row: BEYOND,
      what: `host '${host}' leads nowhere`,
      send: () => `GET /nothing HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      expected: 'not_found',
    }),
  ),
  {
    row: BEYOND,
    what: 'no host',
    send: () => 'GET /health/live HTTP/1.1\r\n\r\n',
    expected: 'bad_request',
  },
  {
    row: BEYOND,
    what: 'If-None-Match does not hide the own account',
    send: ({ active }) => get('/users/me', `Authorization: ${basicAuth(active.email)}`, 'If-None-Match: *'),
    expected: 200,
  },
  {
    row: BEYOND,
    what: 'a range of the documentation',
    send: () => get('/docs/static/swagger-ui.css', 'Range: bytes=99999999-'),
    expected: 'bad_request',
  },
  {
    row: BEYOND,
    what: 'a condition that the documentation does not meet',
    send: () => get('/docs/static/swagger-ui.css', 'If-Match: "a"'),
    expected: 'bad_request',
  },
]

const expecting = (expectation: string, expected: Expected): Entry => ({
  row: BEYOND,
  what: `Expect: ${expectation.slice(0, 20)}`,
  send: () => request('POST /users HTTP/1.1', [JSON_TYPE, `Expect: ${expectation}`], goodBody()),
  expected,
})

const EXPECTATIONS: Entry[] = [
  expecting('100-continue', 201),
  expecting('100-Continue', 201),
  expecting('', 201),
  expecting('200-ok', 'bad_request'),
  expecting('100-continue, 100-continue', 'bad_request'),
  expecting('x'.repeat(1000), 'bad_request'),
  {
    row: BEYOND,
    what: '100-continue for a body that is too large',
    send: () =>
      request(
        'POST /users HTTP/1.1',
        [JSON_TYPE, 'Expect: 100-continue', 'Content-Length: 99999'],
        '',
        'as it is',
      ),
    expected: 'body_too_large',
    closed: true,
  },
]

export const HEADERS: Entry[] = [...ONCE, ...LARGE, ...IDS, ...NAMES_AND_VALUES, ...MEANING, ...EXPECTATIONS]
