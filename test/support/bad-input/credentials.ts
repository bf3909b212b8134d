import assert from 'node:assert/strict'
import { basicAuth, newAddress, PASSWORD } from '../client.ts'
import { assertProblem } from '../problems.ts'
import { request, sendRaw } from '../raw-http.ts'
import { signUpActive } from '../sign-up.ts'
import {
  BEYOND,
  base64,
  type Entry,
  type Expected,
  get,
  JSON_TYPE,
  me,
  type Row,
  type World,
} from './catalogue.ts'

type Write = (email: string, good: string) => string

const sent = (row: Row, what: string, write: Write, expected: Expected): Entry => ({
  row,
  what,
  send: ({ active: { email } }) => me(write(email, base64(`${email}:${PASSWORD}`))),
  expected,
})

const wrong = (row: Row, entries: Record<string, Write>): Entry[] =>
  Object.entries(entries).map(([what, write]) => sent(row, what, write, 'invalid_credentials'))

const ROW = 'credentials that are none'
const CATALOGUE: Entry[] = [
  { row: ROW, what: 'none', send: () => get('/users/me'), expected: 'invalid_credentials' },
  ...wrong(ROW, {
    'an empty header': () => '',
    'another scheme': (_, good) => `Bearer ${good}`,
    'no scheme': (_, good) => good,
    'a scheme only': () => 'Basic',
    'no base64': email => `Basic ${email}:${PASSWORD}`,
    'junk behind the base64': (_, good) => `Basic ${good}!`,
    'junk in the base64': (_, good) => `Basic ${good.slice(0, 8)}*${good.slice(8)}`,
    'blanks in the base64': (_, good) => `Basic ${good.replace(/(.{8})/, '$1 ')}`,
    'too much padding': (_, good) => `Basic ${good.replace(/=*$/, '')}====`,
    'no colon': email => `Basic ${base64(email)}`,
    'no user': () => basicAuth('', PASSWORD),
    'no password': email => basicAuth(email, ''),
    'neither user nor password': () => basicAuth('', ''),
    'what is not UTF-8': email => `Basic ${base64(Buffer.from(`${email}:${PASSWORD}\xff`, 'latin1'))}`,
    '8 KiB of credentials': () => `Basic ${base64('a'.repeat(8192))}`,
    '8 KiB of password': email => `Basic ${base64(`${email}:${'a'.repeat(6000)}`)}`,
    'the wrong password': email => basicAuth(email, 'Wrong-Horse-7'),
  }),
  {
    row: ROW,
    what: 'on every route that needs some',
    run: async ({ app, active }) => {
      for (const line of ['POST /users/activate', 'POST /users/resend-code', 'GET /users/me']) {
        for (const authorization of ['Bearer a', 'Basic YQ', basicAuth(active.email, 'Wrong-Horse-7')]) {
          const headers = [`Authorization: ${authorization}`, ...(/^POST/.test(line) ? [JSON_TYPE] : [])]
          const body = /^POST/.test(line) ? (/activate/.test(line) ? '{"code":"1234"}' : '{}') : undefined
          assertProblem(
            await sendRaw(app.url, request(`${line} HTTP/1.1`, headers, body)),
            'invalid_credentials',
          )
        }
      }
    },
  },
]

const BEYOND_CREDENTIALS: Entry[] = [
  ...wrong(BEYOND, {
    'base64 without its padding': () => `Basic ${base64('a@example.com:a').replace(/=+$/, '')}`,
    'base64 cut short': (_, good) => `Basic ${good.slice(0, -1)}`,
    'the alphabet of base64url': () =>
      `Basic ${Buffer.from('a@example.com:???>>>~~~').toString('base64url')}`,
    'base64 over two lines of MIME': (_, good) => `Basic ${good.slice(0, 10)}\t${good.slice(10)}`,
    'a tab behind the scheme': (_, good) => `Basic\t${good}`,
    'a comma behind the credentials': (_, good) => `Basic ${good},`,
    'two credentials in one header': (_, good) => `Basic ${good}, Basic ${good}`,
    'two schemes in one header': (_, good) => `Bearer a, Basic ${good}`,
    'a realm': (_, good) => `Basic realm="users", ${good}`,
    'quotes around the credentials': (_, good) => `Basic "${good}"`,
    Digest: email => `Digest username="${email}", realm="users", response="${'0'.repeat(32)}"`,
    'the scheme in other letters': (_, good) => `Ваsic ${good}`,
    'a scheme that runs on': (_, good) => `Basics ${good}`,
    'NUL behind the user': email => basicAuth(`${email}\0`),
    'NUL behind the password': email => basicAuth(email, `${PASSWORD}\0`),
    'a line break behind the password': email => basicAuth(email, `${PASSWORD}\n`),
    'a blank before the password': email => basicAuth(email, ` ${PASSWORD}`),
    'a second colon': email => basicAuth(email, `:${PASSWORD}`),
    'the password in lower case': email => basicAuth(email, PASSWORD.toLowerCase()),
    'a lone surrogate as CESU-8': email =>
      `Basic ${base64(Buffer.concat([Buffer.from(`${email}:`), Buffer.from([0xed, 0xa0, 0x80])]))}`,
    'a byte order mark before the user': email => basicAuth(`\ufeff${email}`),
    'percent-encoded credentials': email => basicAuth(encodeURIComponent(email)),
    'base64 of base64': (_, good) => `Basic ${base64(good)}`,
    'SQL for a user': () => basicAuth("' or 1=1 --"),
    'SQL for a password': email => basicAuth(email, "' or '1'='1"),
  }),
  sent(BEYOND, 'the scheme in lower case', (_, good) => `basic ${good}`, 200),
  sent(BEYOND, 'the scheme in capitals', (_, good) => `BASIC ${good}`, 200),
  sent(BEYOND, 'several blanks behind the scheme', (_, good) => `Basic   ${good}`, 200),
  sent(BEYOND, 'white space around the credentials', (_, good) => ` \tBasic ${good} \t`, 200),
  sent(BEYOND, 'the address in capitals', email => basicAuth(email.toUpperCase()), 200),
  sent(BEYOND, 'blanks around the address', email => basicAuth(` ${email} `), 200),
  {
    row: BEYOND,
    what: 'credentials for a proxy',
    send: ({ active }) => get('/users/me', `Proxy-Authorization: ${basicAuth(active.email)}`),
    expected: 'invalid_credentials',
  },
  {
    row: BEYOND,
    what: 'credentials in the URL',
    send: ({ active }) => get(`http://${encodeURIComponent(active.email)}:${PASSWORD}@localhost/users/me`),
    expected: 'invalid_credentials',
  },
  {
    row: BEYOND,
    what: 'bad credentials where none are asked for',
    send: () => get('/health/live', 'Authorization: Basic !'),
    expected: 200,
  },
  works(BEYOND, 'a byte order mark before a password is part of it', '\ufeffCorrect-Horse', 'Correct-Horse'),
  works(BEYOND, 'a blank behind a password is part of it', 'Correct-Horse ', 'Correct-Horse'),
]

/** A password that opens the account where another, nearly the same, does not. */
function works(row: Row, what: string, password: string, other: string): Entry {
  return {
    row,
    what,
    run: async ({ app, client }: World) => {
      const { email } = await signUpActive(app, { password })
      assert.equal((await client.me(email, password)).status, 200)
      assertProblem(await client.me(email, other), 'invalid_credentials')
    },
  }
}

const ODD = 'colon, emoji, spaces in a password'
const PASSWORDS: Entry[] = [
  works(ODD, 'colons', ':a:b:C d e f g:', ':a:b:C d e f g'),
  works(ODD, 'emoji', 'Zwölf 🔑 Zeichen', 'Zwölf 🔒 Zeichen'),
  works(ODD, 'spaces', ' Correct  Horse ', ' Correct Horse '),
  works(ODD, '128 code points of four bytes', `Aa!${'🔑'.repeat(125)}`, `Aa!${'🔑'.repeat(124)}`),
]

const UNKNOWN: Entry = {
  row: 'unknown address',
  what: 'gets byte for byte the same answer',
  run: async ({ app, active }) => {
    const ask = async (email: string) => {
      const headers = [`Authorization: ${basicAuth(email, 'Wrong-Horse-7')}`, 'X-Correlation-Id: same']
      const answer = await sendRaw(app.url, request('GET /users/me HTTP/1.1', headers))
      assertProblem(answer, 'invalid_credentials')
      answer?.headers.delete('date')
      return [answer?.body, ...(answer?.headers ?? [])]
    }
    assert.deepEqual(await ask(newAddress()), await ask(active.email))
  },
}

export const CREDENTIALS: Entry[] = [...CATALOGUE, ...BEYOND_CREDENTIALS, ...PASSWORDS, UNKNOWN]
