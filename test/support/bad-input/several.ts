import assert from 'node:assert/strict'
import { startApp } from '../app.ts'
import { basicAuth, createClient, newAddress, PASSWORD } from '../client.ts'
import { assertInvalid, assertProblem } from '../problems.ts'
import { request, sendRaw } from '../raw-http.ts'
import { otherThan, signUp, signUpActive } from '../sign-up.ts'
import { BEYOND, chunked, type Entry, goodBody, JSON_TYPE, oneChunk, postUsers } from './catalogue.ts'

/** Entries that take more than one request. */
export const SEVERAL: Entry[] = [
  {
    row: 'what cannot be a code',
    what: 'is not counted as a guess',
    run: async ({ app, client }) => {
      const { email, code } = await signUp(app)
      for (const typed of ['0x12', '١٢٣٤', ' 1234', '123', '12345', '1234\n', '']) {
        assertInvalid(await client.activate(email, typed), '/code code_format')
      }
      for (const typed of [1234, ['1234'], null]) {
        assertInvalid(await client.activate(email, typed), '/code type')
      }
      assertProblem(await client.activate(email, otherThan(code)), 'wrong_code', { attempts_left: 2 })
    },
  },
  {
    row: BEYOND,
    what: '0000 is a code like any other',
    run: async ({ app, client }) => {
      const { email, code } = await signUp(app)
      const answer = await client.activate(email, '0000')
      if (code === '0000') assert.equal(answer.status, 200)
      else assertProblem(answer, 'wrong_code', { attempts_left: 2 })
    },
  },
  {
    row: BEYOND,
    what: 'a guess with a field too many, or of another content type, is not counted',
    run: async ({ app, client }) => {
      const { email, code } = await signUp(app)
      const authorization = basicAuth(email)
      for (const [type, body] of [
        ['application/json', JSON.stringify({ code: otherThan(code), x: 1 })],
        ['text/plain', JSON.stringify({ code: otherThan(code) })],
        ['application/json', `{"code":"${otherThan(code)}"`],
      ] as const) {
        const headers = [`Content-Type: ${type}`, `Authorization: ${authorization}`]
        const answer = await sendRaw(app.url, request('POST /users/activate HTTP/1.1', headers, body))
        assert.ok(Number(answer?.status) >= 400)
      }
      assertProblem(await client.activate(email, otherThan(code)), 'wrong_code', { attempts_left: 2 })
    },
  },
  {
    row: 'body over 8 KiB',
    what: 'is not hashed',
    run: async ({ app, hashes }) => {
      const before = hashes()
      const large = goodBody().replace('{', `{${' '.repeat(8192)}`)
      for (const bytes of [postUsers(large), chunked(oneChunk(large))]) {
        assertProblem(await sendRaw(app.url, bytes), 'body_too_large')
      }
      assert.equal(hashes(), before)
    },
  },
  {
    row: BEYOND,
    what: 'what is not valid is not hashed either',
    run: async ({ app, client, hashes }) => {
      const before = hashes()
      assert.equal((await client.register('no address')).status, 422)
      assert.equal((await client.register(newAddress(), 'short')).status, 422)
      assert.equal((await client.ask('GET', '/users/me')).status, 401)
      assertProblem(
        await sendRaw(app.url, postUsers(goodBody(), ['Content-Type: text/plain'])),
        'unsupported_media_type',
      )
      assert.equal(hashes(), before)
    },
  },
  {
    row: 'slowloris',
    what: 'headers and bodies that trickle in',
    file: 'test/http/slow-clients.test.ts',
    test: 'gets 408 request_timeout and is cut off, while others are served',
  },
  {
    row: 'the same address in other letters',
    what: 'USER@Example.COM after user@example.com',
    run: async ({ client }) => {
      const email = newAddress()
      const first = await client.register(email)
      assert.equal(first.status, 201)
      assertProblem(await client.register(email.toUpperCase()), 'email_taken')
      assert.equal((await client.me(email.toUpperCase())).body.id, first.body.id)
    },
  },
  {
    row: BEYOND,
    what: 'a domain in full-width letters is the same address',
    run: async ({ client }) => {
      const email = newAddress()
      assert.equal((await client.register(email.replace('example', 'ｅxample'))).status, 201)
      assertProblem(await client.register(email), 'email_taken')
    },
  },
  {
    row: 'composed and decomposed forms of one password',
    what: 'open the same account',
    run: async ({ app, client }) => {
      const password = 'Crème-brûlée-7'
      for (const form of ['NFC', 'NFD']) {
        const { email } = await signUpActive(app, { password: password.normalize(form) })
        assert.equal((await client.me(email, password.normalize('NFC'))).status, 200)
        assert.equal((await client.me(email, password.normalize('NFD'))).status, 200)
        assertProblem(await client.me(email, 'Creme-brulee-7'), 'invalid_credentials')
      }
    },
  },
  {
    row: BEYOND,
    what: 'compatibility characters are not another form of a password',
    run: async ({ app, client }) => {
      const { email } = await signUpActive(app, { password: 'Correct-ﬁle-Horse' })
      assertProblem(await client.me(email, 'Correct-file-Horse'), 'invalid_credentials')
    },
  },
  {
    row: 'unknown address',
    what: 'costs one hash, as a known one does',
    run: async ({ client, active, pending, hashes }) => {
      for (const email of [newAddress(), active.email, pending.email, 'no-address', '']) {
        const before = hashes()
        assertProblem(await client.me(email, 'Wrong-Horse-7'), 'invalid_credentials')
        assert.equal(hashes() - before, 1, email)
      }
    },
  },
  { row: 'unknown address', what: 'takes as long as a known one', run: takesAsLong },
  {
    row: 'X-Forwarded-For without TRUST_PROXY',
    what: 'does not get round a limit',
    run: async ({ app: { database } }) => {
      const app = await startApp({ database, env: { LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '2' } })
      try {
        const from = (address: string) =>
          sendRaw(
            app.url,
            request(
              'POST /users HTTP/1.1',
              [
                JSON_TYPE,
                `X-Forwarded-For: ${address}`,
                `X-Real-IP: ${address}`,
                `Forwarded: for=${address}`,
              ],
              goodBody(),
            ),
          )
        assert.equal((await from('192.0.2.1'))?.status, 201)
        assert.equal((await from('198.51.100.1'))?.status, 201)
        assertProblem(await from('203.0.113.1'), 'rate_limited')
      } finally {
        await app.stop()
      }
    },
  },
  ...(
    [
      [
        'registrations of one address',
        'races.test.ts',
        'that register one address: one gets 201 and one mail, the others 409 email_taken',
      ],
      [
        'activations with the right code',
        'guess-races.test.ts',
        'that are all right activate once: one 200, one user.activated',
      ],
      [
        'a register beside an activate',
        'races.test.ts',
        'that register beside an activation: the one succeeds when the code is live, the other when it is expired',
      ],
    ] as const
  ).map(([what, file, test]): Entry => ({ row: 'ten in parallel', what, file: `test/http/${file}`, test })),
  {
    row: 'ten in parallel',
    what: 'one 201 and nine 409, one 200 and nine others',
    run: async ({ app, client }) => {
      const email = newAddress()
      const registered = await Promise.all(Array.from({ length: 10 }, () => client.register(email)))
      assert.deepEqual(registered.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)])

      const pending = await signUp(app)
      const activated = await Promise.all(
        Array.from({ length: 10 }, () => client.activate(pending.email, pending.code)),
      )
      const [won, ...lost] = activated.sort((a, b) => a.status - b.status)
      assert.equal(won?.status, 200)
      for (const { body } of lost) assert.ok(['already_active', 'exhausted_code'].includes(String(body.code)))
    },
  },
  {
    row: BEYOND,
    what: 'a good request before a broken one is answered as itself or not at all',
    run: async ({ app }) => {
      const answer = await sendRaw(
        app.url,
        Buffer.concat([postUsers(goodBody()), Buffer.from('junk\r\n\r\n')]),
      )
      assert.ok(answer === undefined || answer.status === 201, `${answer?.status}`)
    },
  },
  {
    row: BEYOND,
    what: 'a Content-Length that is too small: what is left is no request, and nobody is registered',
    run: async ({ app, client }) => {
      const email = newAddress()
      const body = JSON.stringify({ email, password: PASSWORD })
      for (const length of [0, body.length - 1]) {
        const headers = [JSON_TYPE, `Content-Length: ${length}`]
        const answer = await sendRaw(app.url, request('POST /users HTTP/1.1', headers, body, 'as it is'))
        if (answer) assertProblem(answer, 'malformed_body')
      }
      assertProblem(await client.me(email), 'invalid_credentials')
    },
  },
  {
    row: BEYOND,
    what: 'a request smuggled behind a body is not carried out',
    run: async ({ app, client }) => {
      const email = newAddress()
      const smuggled = postUsers(JSON.stringify({ email, password: PASSWORD }))
      for (const framing of [
        ['Content-Length: 4', 'Transfer-Encoding: chunked'],
        ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
        ['Content-Length: 0', `Content-Length: ${smuggled.length}`],
      ]) {
        const body = Buffer.concat([Buffer.from('0\r\n\r\n'), smuggled])
        const bytes = request('POST /users HTTP/1.1', [JSON_TYPE, ...framing], body, 'as it is')
        assertProblem(await sendRaw(app.url, bytes), 'bad_request')
      }
      assertProblem(await client.me(email), 'invalid_credentials')
    },
  },
]

/**
 * With hashes of the default cost, asked in turns: each of the known is compared with each of the unknown. If
 * one kind cost a hash less, one would always be faster (0 or 1); by chance alone it is 0.5, give or take 0.08.
 */
async function takesAsLong(): Promise<void> {
  const app = await startApp({
    env: { ARGON2_MEMORY_KIB: '19456', ARGON2_PASSES: '2', LIMIT_LOGIN_FAILURES_PER_DAY: '0' },
  })
  try {
    const client = createClient(app.url)
    const { email } = await signUpActive(app)
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
    for (let round = 0; round < 30; round += 1) {
      for (const kind of round % 2 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
        const started = performance.now()
        assert.equal((await client.me(kind === 'known' ? email : newAddress(), 'Wrong-Horse-7')).status, 401)
        times[kind].push(performance.now() - started)
      }
    }
    const slower = times.unknown.flatMap(time => times.known.map(other => (time > other ? 1 : 0)))
    const share = slower.reduce<number>((sum, one) => sum + one, 0) / slower.length
    assert.ok(share > 0.15 && share < 0.85, `an unknown address was slower in ${share} of all pairs`)
  } finally {
    await app.stop()
  }
}
