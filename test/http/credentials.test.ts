import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, type Client, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { assertProblem } from '../support/problems.ts'
import { type Pending, signUp, signUpActive } from '../support/sign-up.ts'

const ROUTES = [
  ['GET', '/users/me'],
  ['POST', '/users/activate', { code: '1234' }],
  ['POST', '/users/resend-code'],
] as const

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')

describe('Basic credentials', () => {
  let app: RunningApp
  let client: Client
  let active: Pending
  let pending: Pending
  before(async () => {
    app = await startApp({ env: { LIMIT_LOGIN_FAILURES_PER_DAY: '0', LIMIT_SEND_SPACING_SECONDS: '0' } })
    client = createClient(app.url)
    active = await signUpActive(app)
    pending = await signUp(app)
  })
  after(() => app.stop())

  const me = (authorization?: string) =>
    client.ask('GET', '/users/me', { headers: authorization === undefined ? {} : { authorization } })

  it('get 401 invalid_credentials on every route, whatever is wrong with them', async () => {
    const { email } = active
    const wrong = [
      undefined,
      '',
      'Basic',
      'Basic ',
      `Bearer ${base64(`${email}:${PASSWORD}`)}`,
      `Basic ${email}:${PASSWORD}`,
      `Basic ${base64(`${email}:${PASSWORD}`)} ${base64('a:b')}`,
      `Basic ${base64(`${email}:${PASSWORD}`)}!`,
      `Basic ${base64(`${email}:${PASSWORD}`).replace(/(.{8})/, '$1 ')}`,
      `Basic ${base64(`${email}:${PASSWORD}`)}====`,
      `Basic ${base64(email)}`,
      basicAuth('', PASSWORD),
      basicAuth(email, ''),
      basicAuth('', ''),
      basicAuth(email, 'Wrong-Horse-7'),
      basicAuth(email, PASSWORD.toLowerCase()),
      basicAuth(email, ` ${PASSWORD}`),
      basicAuth(email, `${PASSWORD}\u0000`),
      basicAuth(pending.email, 'Wrong-Horse-7'),
      basicAuth(newAddress(), PASSWORD),
      basicAuth('no-address', PASSWORD),
      basicAuth('a\u0000@example.com', PASSWORD),
      `Basic ${base64(Buffer.from(`${email}:${PASSWORD}\xff`, 'latin1'))}`,
      `Basic ${base64('a'.repeat(8192))}`,
      `Basic ${base64(`${email}:${'a'.repeat(6000)}`)}`,
    ]
    for (const [method, path, body] of ROUTES) {
      for (const authorization of wrong) {
        const headers = authorization === undefined ? {} : { authorization }
        assertProblem(await client.ask(method, path, { headers, body }), 'invalid_credentials')
      }
    }
  })

  it('are canonical base64, padded and with no bits left over; anything else gets 401', async () => {
    const { email, password } = await signUpActive(app, { password: 'Correct-Horse-77' })
    const good = basicAuth(email, password)
    assert.match(good, /[AQgw]==$/, 'one byte in the last group, which leaves four bits over')
    assert.equal((await me(good)).status, 200)
    const leftOver = good.replace(/.==$/, last => `${String.fromCharCode(last.charCodeAt(0) + 1)}==`)
    assert.deepEqual(Buffer.from(leftOver, 'base64'), Buffer.from(good, 'base64'), 'Node does not mind')
    for (const authorization of [leftOver, good.slice(0, -1), good.slice(0, -2)]) {
      assertProblem(await me(authorization), 'invalid_credentials')
    }
  })

  it('get the same answer for an unknown address as for a wrong password, but for its date', async () => {
    const id = { 'x-correlation-id': 'the-same-for-both' }
    for (const [method, path, body] of ROUTES) {
      const [unknown, known, waiting] = await Promise.all(
        [newAddress(), active.email, pending.email].map(email =>
          client.ask(method, path, {
            headers: { authorization: basicAuth(email, 'Wrong-Horse-7'), ...id },
            body,
          }),
        ),
      )
      for (const answer of [known, waiting]) {
        assert.equal(answer?.status, unknown?.status)
        assert.deepEqual(answer?.body, unknown?.body)
        const names = [...(answer?.headers.keys() ?? [])]
        assert.deepEqual(names, [...(unknown?.headers.keys() ?? [])])
        for (const name of names.filter(name => name !== 'date')) {
          assert.equal(answer?.headers.get(name), unknown?.headers.get(name))
        }
      }
    }
  })

  it('authenticate whatever the case of the address and of the scheme', async () => {
    const { email, id } = active
    for (const authorization of [
      basicAuth(email.toUpperCase()),
      basicAuth(email).replace('Basic', 'bASIC'),
      basicAuth(email).replace(' ', '   '),
    ]) {
      assert.equal((await me(authorization)).body.id, id)
    }
  })

  it('authenticate a pending account too', async () => {
    const { status, body } = await me(basicAuth(pending.email))
    assert.equal(status, 200)
    assert.equal(body.is_active, false)
  })
})
