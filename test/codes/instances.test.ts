import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { createFakeMailService, type FakeMailService, type RunningApp, startApp } from '../support/app.ts'
import { basicAuth, type Client, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { assertProblem } from '../support/problems.ts'
import { noRedis, type RedisServer, startRedis } from '../support/redis.ts'
import { otherThan, settledCode, signUp } from '../support/sign-up.ts'

const GONE = 'Redis is gone: nobody can register or activate'
const BACK = 'Redis is back'
const AT_ONCE = { LIMIT_SEND_SPACING_SECONDS: '0' }

describe('two instances with CODE_STORE=redis', { skip: noRedis, timeout: 120_000 }, () => {
  let redis: RedisServer
  let database: TestDatabase
  let mail: FakeMailService
  let apps: RunningApp[]
  let here: Client
  let there: Client
  before(async () => {
    redis = await startRedis()
    database = await createDatabase()
  })
  beforeEach(async () => {
    mail = createFakeMailService()
    const env = { CODE_STORE: 'redis', REDIS_URL: redis.url, ...AT_ONCE }
    const start = () => startApp({ database, env, standIns: { mailTransport: mail.transport } })
    apps = await Promise.all([start(), start()])
    here = createClient(apps[0]?.url ?? '')
    there = createClient(apps[1]?.url ?? '')
  })
  afterEach(() => Promise.all(apps.map(app => app.stop())))
  after(async () => {
    await redis?.stop()
    await database?.drop()
  })

  /** Waits for the `nth` mail to an address, whichever instance brings it, and until its minute has begun. */
  const codeOf = async (email: string, nth = 1): Promise<string> => {
    const code = await mail.codeFor(email, nth)
    while ((await codeStatus(email)).body.expires_in === null);
    return code
  }
  const register = async () => {
    const email = newAddress()
    assert.equal((await here.register(email)).status, 201)
    return { email, code: await codeOf(email) }
  }
  const codeStatus = (email: string) =>
    there.ask('GET', '/users/me/code', { headers: { authorization: basicAuth(email) } })

  it('activate what was registered at either of them', async () => {
    const { email, code } = await register()
    assert.equal((await there.activate(email, code)).status, 200)
    assertProblem(await here.activate(email, code), 'already_active')
    assert.equal((await here.me(email)).body.is_active, true)
  })

  it('count the guesses at a code together', async () => {
    const { email, code } = await register()
    const wrong = otherThan(code)
    assertProblem(await here.activate(email, wrong), 'wrong_code', { attempts_left: 2 })
    assertProblem(await there.activate(email, wrong), 'wrong_code', { attempts_left: 1 })
    assert.equal((await codeStatus(email)).body.attempts_left, 1)
    assertProblem(await here.activate(email, wrong), 'wrong_code', { attempts_left: 0 })
    assertProblem(await there.activate(email, code), 'exhausted_code')
    assert.equal((await codeStatus(email)).body.attempts_left, 0)
    assert.equal((await there.resend(email)).status, 202)
    assert.equal((await here.activate(email, await codeOf(email, 2))).status, 200)
  })

  it('answer wrong_code to three of 30 guesses at once', async () => {
    const { email, code } = await register()
    const guesses = Array.from({ length: 30 }, (_, nth) =>
      (nth % 2 ? here : there).activate(email, otherThan(code)),
    )
    const answers = await Promise.all(guesses)
    const told = answers.filter(({ body }) => body.code === 'wrong_code')
    assert.deepEqual(told.map(({ body }) => body.attempts_left).toSorted(), [0, 1, 2])
    for (const answer of answers.filter(answer => !told.includes(answer)))
      assertProblem(answer, 'exhausted_code')
  })

  it('answer expired_code when Redis was emptied, and then send a new code or register anew', async () => {
    const { email, code } = await register()
    assertProblem(await here.activate(email, otherThan(code)), 'wrong_code', { attempts_left: 2 })
    await redis.command('flushall')
    for (const client of [here, there]) {
      assertProblem(await client.activate(email, otherThan(code)), 'expired_code')
      assertProblem(await client.activate(email, code), 'expired_code')
    }
    const { attempts_left, expires_in } = (await codeStatus(email)).body
    assert.deepEqual([attempts_left, expires_in], [0, 0])
    assert.equal((await there.resend(email)).status, 202)
    assert.equal((await here.activate(email, await codeOf(email, 2))).status, 200)

    const other = await register()
    await redis.command('flushall')
    assertProblem(await there.activate(other.email, other.code), 'expired_code')
    assert.equal((await there.register(other.email)).status, 201)
    assert.equal((await here.activate(other.email, await codeOf(other.email, 2))).status, 200)
  })

  it('never activate twice, or with a wrong code, while Redis is emptied again and again', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, register))
    const flushing = (async () => {
      for (let nth = 0; nth < 5; nth += 1) await redis.command('flushall')
    })()
    const answers = await Promise.all(
      people.flatMap(({ email, code }) => [
        there.activate(email, otherThan(code)),
        here.activate(email, code),
        there.activate(email, code),
      ]),
    )
    await flushing
    for (const nth of people.keys()) {
      const [wrong, ...right] = answers.slice(3 * nth, 3 * nth + 3)
      assert.notEqual(wrong?.status, 200)
      assert.ok(right.filter(({ status }) => status === 200).length <= 1)
      for (const { status, body } of right.filter(({ status }) => status !== 200)) {
        assert.equal(status === 422 ? body.code : status, status === 422 ? 'expired_code' : 409)
      }
    }
  })
})

describe('an instance with CODE_STORE=redis', { skip: noRedis, timeout: 120_000 }, () => {
  let redis: RedisServer
  let app: RunningApp
  let client: Client
  before(async () => {
    redis = await startRedis()
    const REDIS_URL = redis.url
    app = await startApp({ env: { CODE_STORE: 'redis', REDIS_URL, REDIS_TIMEOUT_MS: '500', ...AT_ONCE } })
    client = createClient(app.url)
  })
  after(async () => {
    await app?.stop()
    await redis?.stop()
  })

  const codeStatus = (email: string) =>
    client.ask('GET', '/users/me/code', { headers: { authorization: basicAuth(email) } })
  const times = (msg: string) => app.logged.filter(line => line.msg === msg).length
  /** Asks until the answer is another one than 503. */
  const untilServed = async (ask: () => ReturnType<Client['me']>) => {
    for (;;) {
      const answer = await ask()
      if (answer.status !== 503) return answer
    }
  }
  const assertClosed = async (email: string, code: string) => {
    assertProblem(await client.register(newAddress()), 'unavailable')
    assertProblem(await client.activate(email, code), 'unavailable')
    assertProblem(await client.resend(email), 'unavailable')
    assertProblem(await codeStatus(email), 'unavailable')
    assert.equal((await client.me(email)).status, 200)
    assert.equal((await client.ask('GET', '/health/ready')).status, 200)
  }

  it('answers 503 while Redis is away, publishes events meanwhile, and goes on by itself', async () => {
    const { email, code } = await signUp(app)
    await redis.kill()
    await assertClosed(email, code)
    assert.equal(times(GONE), 1)

    const [{ id = '' } = {}] = await app.database.rows<{ id: string }>(
      `insert into outbox (user_id, id, topic, payload, correlation_id)
       select id, gen_random_uuid(), 'event', '{"type": "user.registered", "email": "x@example.com"}', 'x'
       from users where email = $1 returning id`,
      [email],
    )
    await app.logLine({ msg: 'event handed over', message_id: id })

    await redis.restart()
    const other = await untilServed(() => client.register(newAddress()))
    assert.equal(other.status, 201)
    await app.logLine({ msg: BACK })
    assert.equal(times(GONE), 1)
    assertProblem(await client.activate(email, code), 'expired_code')
    assert.equal((await client.resend(email)).status, 202)
    assert.equal((await client.activate(email, await settledCode(app, email, 2))).status, 200)
  })

  it('keeps mails back while Redis hangs, and sends them with their whole minute when it is back', async () => {
    const { email, code } = await signUp(app)
    app.mail.behave(async () => ({ result: 'failed', failure: 'deferred', reason: 'http 451' }))
    const waiting = newAddress()
    const registered = await client.register(waiting)
    const like = { correlation_id: registered.headers.get('x-correlation-id') }
    await app.logLine({ msg: 'mail not handed over; trying again', ...like })
    redis.hang()
    try {
      await assertClosed(email, code)
      app.mail.behave(async () => ({ result: 'accepted' }))
      // Its back-off is over by far.
      await app.database.rows(`update outbox set due_at = now() - interval '1 minute'`)
      for (const _poll of [1, 2, 3]) assertProblem(await codeStatus(email), 'unavailable')
      assert.equal((await app.database.rows(`select from outbox where topic = 'mail'`)).length, 1)
    } finally {
      redis.goOn()
    }
    assert.equal((await untilServed(() => client.activate(email, code))).status, 200)
    const code2 = await settledCode(app, waiting)
    const { expires_in } = (await codeStatus(waiting)).body
    assert.ok(Number(expires_in) > 30, `${expires_in}`)
    assert.equal((await client.activate(waiting, code2)).status, 200)
  })

  it('gives up a mail whose code was lost, says so, and sends the next one', async () => {
    app.mail.behave(async () => ({ result: 'failed', failure: 'deferred', reason: 'http 451' }))
    const email = newAddress()
    const registered = await client.register(email)
    const like = { correlation_id: registered.headers.get('x-correlation-id') }
    await app.logLine({ msg: 'mail not handed over; trying again', ...like })
    await redis.command('flushall')
    app.mail.behave(async () => ({ result: 'accepted' }))
    await app.logLine({ msg: 'mail given up', reason: 'its code is lost', ...like })
    await app.logLine({ msg: 'mail.given_up', event: { data: { email, reason: 'lost' } } })

    assert.equal((await client.register(email)).status, 201)
    assert.equal((await client.activate(email, await settledCode(app, email))).status, 200)
  })

  it('starts without Redis, logs so, and serves when it comes', async t => {
    const late = await startRedis()
    t.after(late.stop)
    await late.kill()
    const started = await startApp({
      env: { CODE_STORE: 'redis', REDIS_URL: late.url.replace('//', '//:open-nutmeg@') },
    })
    t.after(started.stop)
    await started.logLine({ msg: GONE })
    assertProblem(await createClient(started.url).register(newAddress(), PASSWORD), 'unavailable')
    await late.restart()
    await late.command('config', 'set', 'requirepass', 'open-nutmeg')
    const { register } = createClient(started.url)
    assert.equal((await untilServed(() => register(newAddress()))).status, 201)
    assert.ok(!JSON.stringify(started.logged).includes('nutmeg'))
  })

  it('does not start without REDIS_URL', async () => {
    const port = await freePort()
    await assert.rejects(startApp({ env: { CODE_STORE: 'redis', PORT: `${port}` } }), /REDIS_URL is required/)
  })
})
