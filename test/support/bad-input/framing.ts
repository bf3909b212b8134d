import { basicAuth } from '../client.ts'
import { request } from '../raw-http.ts'
import {
  BEYOND,
  chunked,
  type Entry,
  type Expected,
  goodBody,
  JSON_TYPE,
  oneChunk,
  type Row,
} from './catalogue.ts'

/** Bytes on a connection of their own; what is not HTTP is answered, and nothing more is read. */
const broken = (
  row: Row,
  what: string,
  bytes: () => string | Buffer,
  expected: Expected = 'bad_request',
): Entry => ({
  row,
  what,
  send: bytes,
  expected,
  closed: true,
})

const fine = (what: string, bytes: () => string | Buffer, expected: Expected = 201): Entry => ({
  row: BEYOND,
  what,
  send: bytes,
  expected,
})

/** POST /users with a good body and this framing of it. */
const framed = (...headers: string[]): Buffer =>
  request('POST /users HTTP/1.1', [JSON_TYPE, ...headers], goodBody(), 'as it is')

/** The same with a Content-Length made from the right one. */
const counted = (write: (length: number) => string): Buffer => {
  const body = goodBody()
  const headers = [JSON_TYPE, `Content-Length:${write(body.length)}`]
  return request('POST /users HTTP/1.1', headers, body, 'as it is')
}

const line = (text: string): string => `${text}\r\nHost: localhost\r\n\r\n`
const CHUNKED = 'Transfer-Encoding: chunked'
const AMBIGUOUS = 'ambiguous framing'

const CATALOGUE: Entry[] = [
  broken(AMBIGUOUS, 'Content-Length, then Transfer-Encoding', () => framed('Content-Length: 2', CHUNKED)),
  broken(AMBIGUOUS, 'Transfer-Encoding, then Content-Length', () => framed(CHUNKED, 'Content-Length: 2')),
  broken(AMBIGUOUS, 'two Content-Lengths', () => framed('Content-Length: 2', 'Content-Length: 3')),
  broken(AMBIGUOUS, 'two Content-Lengths that agree', () => framed('Content-Length: 2', 'content-length: 2')),
  broken(AMBIGUOUS, 'bare CR in a header', () => request('GET /users/me HTTP/1.1', ['X: a\rb'])),
  broken(
    AMBIGUOUS,
    'bare CR behind a header',
    () => 'GET /users/me HTTP/1.1\r\nHost: localhost\rX: a\r\n\r\n',
  ),
  broken(
    AMBIGUOUS,
    'bare CR behind the request line',
    () => 'GET /users/me HTTP/1.1\rHost: localhost\r\n\r\n',
  ),
]

const LENGTHS: Entry[] = [
  ...Object.entries({
    'a sign': (n: number) => ` +${n}`,
    'a minus': (n: number) => ` -${n}`,
    'a hexadecimal number': (n: number) => ` 0x${n.toString(16)}`,
    'a fraction': (n: number) => ` ${n}.0`,
    'an exponent': () => ' 1e1',
    'a list': (n: number) => ` ${n}, ${n}`,
    'two numbers': (n: number) => ` ${n} ${n}`,
    nothing: () => '',
    'a blank': () => ' ',
    letters: () => ' many',
    'a number beyond 64 bits': () => ' 18446744073709551617',
    'a full-width digit': () => ' ５',
  }).map(([what, write]) => broken(BEYOND, `Content-Length with ${what}`, () => counted(write))),
  fine('Content-Length with leading zeros', () => counted(n => `000${n}`)),
  fine('Content-Length with white space around', () => counted(n => `\t ${n} \t`)),
  fine('Content-Length with nothing before it', () => counted(n => `${n}`)),
  fine('CONTENT-LENGTH', () => {
    const body = goodBody()
    const headers = [JSON_TYPE, `CONTENT-LENGTH: ${body.length}`]
    return request('POST /users HTTP/1.1', headers, body, 'as it is')
  }),
]

const ENCODINGS: Entry[] = [
  ...['identity', 'gzip', 'chunked, identity', 'identity, chunked', 'gzip, chunked', 'chunked, gzip'].map(
    given,
  ),
  ...['xchunked', 'chunkedx', 'chunked;q=1', '"chunked"', 'chun ked', '', 'chunked, chunked'].map(given),
  broken(BEYOND, 'Transfer-Encoding twice', () => chunked(oneChunk(goodBody()), CHUNKED, CHUNKED)),
  broken(BEYOND, 'Transfer-Encoding with a blank before the colon', () =>
    chunked(oneChunk(goodBody()), 'Transfer-Encoding : chunked'),
  ),
  broken(BEYOND, 'Transfer-Encoding with a tab before the colon', () =>
    chunked(oneChunk(goodBody()), 'Transfer-Encoding\t: chunked'),
  ),
  broken(BEYOND, 'Transfer-Encoding over two lines', () =>
    chunked(oneChunk(goodBody()), 'Transfer-Encoding:\r\n chunked'),
  ),
  fine('Transfer-Encoding: CHUNKED', () => chunked(oneChunk(goodBody()), 'transfer-encoding: CHUNKED')),
  // To a reader of RFC 9110 "TE" says what an answer may be like; "Transfer_Encoding" is any header.
  fine('TE: chunked', () => request('POST /users HTTP/1.1', [JSON_TYPE, 'TE: chunked'], goodBody())),
  fine('Transfer_Encoding: chunked', () =>
    request('POST /users HTTP/1.1', [JSON_TYPE, 'Transfer_Encoding: chunked'], goodBody()),
  ),
]

function given(encoding: string): Entry {
  const what = `Transfer-Encoding: ${encoding}`
  const bytes = () => chunked(oneChunk(goodBody()), what)
  // Where chunks are the last coding it is known where the body ends: the connection may stay.
  return /^(identity|gzip), chunked$/.test(encoding)
    ? fine(what, bytes, 'bad_request')
    : broken(BEYOND, what, bytes)
}

const CHUNKS: Entry[] = [
  ...Object.entries({
    'a size that is none': 'zz\r\n',
    'a size with 0x': '0x2\r\n{}\r\n0\r\n\r\n',
    'a size with a sign': '+2\r\n{}\r\n0\r\n\r\n',
    'a size below 0': '-2\r\n{}\r\n0\r\n\r\n',
    'a size beyond 64 bits': '10000000000000002\r\n{}\r\n0\r\n\r\n',
    'an empty size': '\r\n{}\r\n0\r\n\r\n',
    'a blank before the size': ' 2\r\n{}\r\n0\r\n\r\n',
    'more than its size': '2\r\n{ }\r\n0\r\n\r\n',
    'no line end behind the data': '2\r\n{}0\r\n\r\n',
    'a line end of LF behind the size': '2\n{}\r\n0\r\n\r\n',
    'a line end of LF behind the data': '2\r\n{}\n0\r\n\r\n',
    'a line end of LF within an extension': '2;a\n{}\r\n0\r\n\r\n',
    'an extension of 20 KB': `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    'a NUL in an extension': '2;a=\0\r\n{}\r\n0\r\n\r\n',
  }).map(([what, chunks]) => broken(BEYOND, `a chunk with ${what}`, () => chunked(chunks))),
  broken(
    BEYOND,
    'trailers of 20 KB',
    () => chunked(oneChunk(goodBody(), '', `X: ${'a'.repeat(20_000)}\r\n`)),
    'headers_too_large',
  ),
  fine('many chunks', () => chunked(`${[...goodBody()].map(c => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`)),
  fine('a size with leading zeros', () => chunked(`000${oneChunk(goodBody())}`)),
  fine('a size in upper case', () => {
    const body = goodBody().padEnd(0xab)
    return chunked(`AB\r\n${body}\r\n0\r\n\r\n`)
  }),
  fine('a chunk with an extension', () => chunked(oneChunk(goodBody(), ';a=b'))),
  fine('a chunk with an extension in quotes', () => chunked(oneChunk(goodBody(), ';a="b;c"'))),
  fine('trailers', () => chunked(oneChunk(goodBody(), '', 'X-Checksum: 1\r\n'))),
  broken(BEYOND, 'trailers that frame', () => chunked(oneChunk(goodBody(), '', 'Content-Length: 1\r\n'))),
  fine('an empty line behind the body', () =>
    Buffer.concat([request('POST /users HTTP/1.1', [JSON_TYPE], goodBody()), Buffer.from('\r\n')]),
  ),
  {
    row: BEYOND,
    what: 'credentials in a trailer',
    send: ({ active }) =>
      request(
        'POST /users/resend-code HTTP/1.1',
        [JSON_TYPE, CHUNKED],
        oneChunk('{}', '', `Authorization: ${basicAuth(active.email)}\r\n`),
        'as it is',
      ),
    expected: 'invalid_credentials',
  },
]

const START: Entry[] = [
  ...Object.entries({
    'a word': 'hello\r\n\r\n',
    'a TLS hello': Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x02, 0x03]),
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    SMTP: 'EHLO example.com\r\n',
    'an answer': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    'the PROXY protocol': 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n',
    'a method there is not': line('BREW /users HTTP/1.1'),
    'a method in lower case': line('get /health/live HTTP/1.1'),
    'a method of 8,000 letters': line(`${'A'.repeat(8000)} / HTTP/1.1`),
    'a method that runs on': line('GETS /health/live HTTP/1.1'),
    'no target': line('GET HTTP/1.1'),
    'a blank in the target': line('GET /us ers HTTP/1.1'),
    'a tab behind the method': line('GET\t/health/live HTTP/1.1'),
    'a blank before the method': line(' GET /health/live HTTP/1.1'),
    'a target without its slash': line('GET health/live HTTP/1.1'),
    'a backslash for a slash': line('GET \\users HTTP/1.1'),
    'a NUL in the target': line('GET /users\0 HTTP/1.1'),
    'a DEL in the target': line('GET /users\x7f HTTP/1.1'),
    'a version in lower case': line('GET /health/live http/1.1'),
    'a version with a dot too few': line('GET /health/live HTTP/11'),
    'a version of two digits': line('GET /health/live HTTP/1.10'),
    'version 1.2': line('GET /health/live HTTP/1.2'),
    'version 3.0': line('GET /health/live HTTP/3.0'),
    'another protocol': line('GET /health/live RTSP/1.0'),
    'a line end of LF': 'GET /health/live HTTP/1.1\nHost: localhost\n\n',
    'a line end of CR CR LF': 'GET /health/live HTTP/1.1\r\r\nHost: localhost\r\n\r\n',
    'a byte order mark': line('\ufeffGET /health/live HTTP/1.1'),
  }).map(([what, bytes]) => broken(BEYOND, `begins with ${what}`, () => bytes)),
  fine('HTTP/0.9', () => 'GET /health/live\r\n\r\n', 'bad_request'),
  fine('version 2.0', () => line('GET /health/live HTTP/2.0'), 'bad_request'),
  fine('version 0.9', () => line('GET /health/live HTTP/0.9'), 'bad_request'),
  fine('HTTP/1.0, with a body', () => request('POST /users HTTP/1.0', [JSON_TYPE], goodBody())),
  fine('an empty line before the request', () => `\r\n${line('GET /health/live HTTP/1.1')}`, 200),
  broken(BEYOND, 'HTTP/1.0 with chunks', () =>
    request('POST /users HTTP/1.0', [JSON_TYPE, CHUNKED], oneChunk(goodBody()), 'as it is'),
  ),
]

export const FRAMING: Entry[] = [...CATALOGUE, ...LENGTHS, ...ENCODINGS, ...CHUNKS, ...START]
