import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { type ClientOptions, createClient } from '../../client/src/client.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { newAddress, PASSWORD } from '../support/client.ts'
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts'

const CREDENTIALS = { email: newAddress(), password: PASSWORD }
const BASIC = Buffer.from(`${CREDENTIALS.email}:${PASSWORD}`).toString('base64')

const PROBLEM = 'application/problem+json'
const problem = (code: string) => ({ type: 'about:blank', title: 'No', status: 429, detail: 'No.', code })

/** That it is an error with this message, and that nobody learns from it who wanted to sign in. */
const says = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error)
  assert.match(error.message, message)
  const all = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })
  for (const secret of [PASSWORD, BASIC, CREDENTIALS.email]) assert.ok(!all.includes(secret))
  return true
}

describe('the client of something that is not Vestibule', () => {
  let proxy: Receiver
  let answer: (response: ServerResponse, request: ReceivedRequest) => void
  before(async () => {
    proxy = await startReceiver((response, request) => answer(response, request))
  })
  after(() => proxy.close())

  const ask = (options: Partial<ClientOptions> = {}) =>
    createClient({ url: proxy.url, ...options }).activate(CREDENTIALS, '1234')
  const answerWith = (status: number, type: string, body: string, headers = {}) => {
    answer = response => response.writeHead(status, { 'content-type': type, ...headers }).end(body)
  }

  const strange: [what: string, status: number, type: string, body: string, said: RegExp][] = [
    ['the page of a proxy', 502, 'text/html; charset=utf-8', '<h1>Bad gateway</h1>', /502 text\/html$/],
    ['a page with a good status', 200, 'text/html', '<form>Sign in to the hotel</form>', /200 text\/html$/],
    ['JSON of a gateway', 403, 'application/json', '{"message":"no key"}', /403 application\/json$/],
    ['JSON with a status that Vestibule has not', 206, 'application/json', '{}', /206 application\/json$/],
    ['what is no JSON', 200, 'application/json', `{"password": "${PASSWORD}`, /200 application\/json$/],
    ['JSON that is no object', 200, 'application/json', 'null', /200 application\/json$/],
    ['nothing', 200, 'application/json', '', /200 application\/json$/],
    ['a problem without a code', 429, PROBLEM, '{"title":"Slow down"}', /429 application\/problem\+json$/],
    ['a problem of another house', 429, PROBLEM, JSON.stringify(problem('slow_down')), / slow_down$/],
    ['a code that is none', 429, PROBLEM, JSON.stringify(problem('toString')), /problem\+json$/],
  ]
  for (const [what, status, type, body, said] of strange) {
    it(`throws at ${what}`, async () => {
      answerWith(status, type, body)
      const start = `^POST ${proxy.url}/users/activate: this is no answer of Vestibule`
      await assert.rejects(ask(), says(new RegExp(`${start}.*${said.source}`)))
    })
  }

  it('knows a problem by its code, whatever a proxy has made of Retry-After', async () => {
    const limited = JSON.stringify(problem('rate_limited'))
    const waits = async (retryAfter: string | undefined) => {
      answerWith(429, PROBLEM, limited, retryAfter !== undefined && { 'retry-after': retryAfter })
      const refused = await ask()
      assert.ok(!refused.ok && refused.problem.code === 'rate_limited')
      return refused.problem.retryAfterSeconds
    }
    assert.equal(await waits('17'), 17)
    assert.equal(await waits(undefined), 1)
    assert.equal(await waits('soon'), 1)
    assert.equal(await waits('Wed, 01 Jan 2020 00:00:00 GMT'), 0)
    const inAMinute = await waits(new Date(Date.now() + 60_000).toUTCString())
    assert.ok(inAMinute > 0 && inAMinute <= 60, `${inAMinute}`)
  })

  it('does not carry a password to where it is sent', async () => {
    answerWith(307, 'text/plain', '', { location: `${proxy.url}/elsewhere` })
    await assert.rejects(ask(), says(/no answer$/))
    assert.equal(proxy.received.filter(({ path }) => path === '/elsewhere').length, 0)
  })

  it('throws when the connection is lost before the answer, or in the middle of it', async () => {
    answer = response => response.destroy()
    await assert.rejects(ask(), says(/no answer$/))
    answer = response => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"message":', () => response.destroy())
    }
    await assert.rejects(ask(), says(/no answer$/))
  })

  it('throws when nobody listens, with the cause', async () => {
    const gone = await startReceiver(() => {})
    await gone.close()
    await assert.rejects(ask({ url: gone.url }), error => {
      says(/^POST http:\S+\/users\/activate: no answer$/)(error)
      assert.match(inspect(error), /ECONNREFUSED/)
      return true
    })
  })

  it('throws what a signal says, be it that of the client or that of the request', async () => {
    answer = () => {}
    const reason = new Error('not wanted any more')
    for (const which of ['client', 'request', 'both'] as const) {
      const abort = new AbortController()
      const other = new AbortController()
      const always = { client: abort.signal, request: undefined, both: other.signal }[which]
      const now = which === 'client' ? {} : { signal: abort.signal }
      const client = createClient({ url: proxy.url, ...(always && { signal: always }) })
      const before = proxy.received.length
      const asked = client.account(CREDENTIALS, now)
      await proxy.until(() => proxy.received.length > before)
      abort.abort(reason)
      await assert.rejects(asked, error => error === reason)
      await assert.rejects(client.account(CREDENTIALS, now), error => error === reason)
    }
    const late = ask({ signal: AbortSignal.timeout(50) })
    await assert.rejects(late, { name: 'TimeoutError' })
  })
})

describe('the client', () => {
  it('takes no e-mail address with a colon to a login, which would mean another one', async () => {
    const client = createClient({ url: 'http://localhost:8000', fetch: () => assert.fail('sent') })
    const credentials = { email: `${CREDENTIALS.email}:${PASSWORD}`, password: 'x' }
    await assert.rejects(client.account(credentials), says(/colon/))
  })

  it('takes no URL with credentials in it, or that is none, and repeats neither', () => {
    for (const url of [`http://ada:${PASSWORD}@localhost:8000`, `http://${PASSWORD}@localhost`, PASSWORD]) {
      assert.throws(() => createClient({ url }), says(/^url /))
    }
  })
})

describe('the client of a service that is at another path', () => {
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app.stop())

  it('throws, with the code that is answered there', async () => {
    const client = createClient({ url: `${app.url}/accounts` })
    await assert.rejects(client.account(CREDENTIALS), says(/404 application\/problem\+json not_found$/))
  })
})
