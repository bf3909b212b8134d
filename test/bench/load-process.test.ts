import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { openConnections, readMessages } from '../../bench/support/lean-http.ts'
import { answersOf, expectOnly, type Order, startLoad } from '../../bench/support/load-orders.ts'

const start = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What the load needs of the service: it registers whoever comes, mails a code, and wants it back. */
const startSignUp = async (t: TestContext, mailUrl: () => string) => {
  const codes = new Map<string, string>()
  const active: string[] = []
  const url = await start(t, async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = text === '' ? {} : JSON.parse(text)
    const answer = (status: number): void =>
      void response.writeHead(status, { 'content-length': 2 }).end('{}')
    const [user = '', password] = atob(request.headers.authorization?.slice(6) ?? '').split(':')
    if (request.url === '/users') {
      const code = String(1000 + codes.size)
      codes.set(body.email, code)
      answer(201)
      const mail = { to: body.email, text: `Hello\n\n    ${code}\n\nGood-bye` }
      await fetch(mailUrl(), { method: 'POST', body: JSON.stringify(mail) })
    } else if (request.url === '/users/activate') {
      const right = password === 'Correct-Horse-7' && codes.get(user) === body.code
      if (right) active.push(user)
      answer(right ? 200 : 422)
    } else answer(active.includes(user) || request.url === '/health/live' ? 200 : 401)
  })
  return { url, codes, active }
}

const order = (some: Partial<Order> & Pick<Order, 'kind' | 'urls'>): Order => ({
  seconds: 0.2,
  loop: { clients: 3 },
  mailsComeHere: true,
  ...some,
})

describe('the load process', { timeout: 30_000 }, () => {
  it('registers, reads the codes in its mails, activates with them, and says what came of it', async t => {
    await using running = new AsyncDisposableStack()
    const load = await startLoad(running)
    const { url, codes, active } = await startSignUp(t, () => load.mailUrl)

    const registering = await load.run(order({ kind: 'register', urls: [url] }))
    const registered = answersOf(registering, 'register 201')
    assert.ok(registered.count >= 3)
    assert.equal(registered.count, codes.size)
    assert.equal(answersOf(registering, 'mail 200').count, codes.size)
    assert.ok(registered.p50 > 0 && registered.p50 <= registered.p95 && registered.p95 <= registered.p99)
    assert.equal((await load.state()).mails, codes.size)

    const activating = await load.run(order({ kind: 'activate', urls: [url], seconds: 10 }))
    expectOnly(activating, 'activate 200')
    assert.equal(active.length, codes.size)
    // There is nobody left to activate long before the time is over.
    assert.ok(activating.seconds < 10)

    expectOnly(await load.run(order({ kind: 'me', urls: [url] })), 'me 200')
    const journeys = await load.run(order({ kind: 'journey', urls: [url] }))
    expectOnly(journeys, 'register 201', 'mail 200', 'activate 200')
    assert.equal(answersOf(journeys, 'register 201').count, answersOf(journeys, 'activate 200').count)
  })

  it('offers about as many a second as it is told, at random moments, whatever the answers take', async t => {
    await using running = new AsyncDisposableStack()
    const load = await startLoad(running)
    const asked: (() => void)[] = []
    const url = await start(t, (_, response) => {
      // None is answered before the last one has come.
      asked.push(() => response.end())
      clearTimeout(quiet)
      quiet = setTimeout(() => {
        for (const answer of asked) answer()
      }, 500)
    })
    let quiet: NodeJS.Timeout | undefined
    const report = await load.run(order({ kind: 'live', urls: [url], seconds: 1, loop: { perSecond: 400 } }))
    expectOnly(report, 'live 200')
    // Poisson: 400 ± 20; this is six times as far off.
    assert.ok(Math.abs(asked.length - 400) < 120, `${asked.length}`)
  })

  it('asks several services by turns', async t => {
    await using running = new AsyncDisposableStack()
    const load = await startLoad(running)
    const asked = [0, 0]
    const urls = await Promise.all(
      asked.map((_, n) =>
        start(t, (_request, response) => {
          asked[n] = (asked[n] ?? 0) + 1
          response.end()
        }),
      ),
    )
    await load.run(order({ kind: 'live', urls }))
    assert.ok(Math.abs((asked[0] ?? 0) - (asked[1] ?? 0)) <= 1, `${asked}`)
  })

  it('counts what was refused, and what was not answered', async t => {
    await using running = new AsyncDisposableStack()
    const load = await startLoad(running)
    let asked = 0
    const url = await start(t, (_, response) => {
      asked += 1
      if (asked % 2 === 0) response.destroy()
      else response.writeHead(503, { 'content-length': 0 }).end()
    })
    const report = await load.run(order({ kind: 'register', urls: [url] }))
    const [refused, unanswered] = [answersOf(report, 'register 503'), answersOf(report, 'register 0')]
    assert.equal(refused.count + unanswered.count, asked)
    assert.ok(unanswered.count > 0)
    assert.throws(() => expectOnly(report, 'register 201'), /× register 503/)
  })
})

describe('the reader of HTTP messages', { timeout: 30_000 }, () => {
  it('understands messages however they are cut', () => {
    const message = (body: string): string =>
      `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const bytes = Buffer.from(`${message('one')}${message('')}${message('three')}`)
    for (const size of [1, 2, 7, 40, bytes.length]) {
      const heard: string[] = []
      const socket = new Socket()
      readMessages(socket, (_head, body) => heard.push(body.toString()))
      for (let at = 0; at < bytes.length; at += size) socket.emit('data', bytes.subarray(at, at + size))
      assert.deepEqual(heard, ['one', '', 'three'], `${size} bytes at a time`)
    }
  })

  it('opens a connection again when one was closed', async t => {
    const url = await start(t, (_, response) => response.writeHead(200, { connection: 'close' }).end())
    const { ask, close } = openConnections([url])
    t.after(close)
    const asked = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
    assert.equal(await ask(asked), 200)
    // The connection may not be known to be closed yet: then there is no answer, and the next one is a new one.
    const statuses = [await ask(asked), await ask(asked)]
    assert.ok(statuses.includes(200), `${statuses}`)
  })
})
