import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Client, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { countingHashing, statementsDuring } from '../support/counting.ts'
import { assertInvalid, assertProblem, retryAfter } from '../support/problems.ts'
import { request } from '../support/raw-http.ts'
import { whileAnotherCommits } from '../support/sessions.ts'
import { letTimePass, otherThan, settledCode } from '../support/sign-up.ts'

const HIDE = { HIDE_REGISTERED_EMAILS: 'true' }
const NEW_PASSWORD = 'Another-Horse-8'

describe('POST /users with HIDE_REGISTERED_EMAILS', () => {
  let app: RunningApp
  let client: Client
  let counted: Awaited<ReturnType<typeof countingHashing>>['counted']
  before(async () => {
    const counting = await countingHashing()
    counted = counting.counted
    app = await startApp({ env: HIDE, standIns: { hashing: counting.hashing } })
    client = createClient(app.url)
  })
  after(() => app.stop())

  const registers = async (email: string, password = PASSWORD): Promise<void> => {
    const answer = await client.register(email, password)
    assert.equal(answer.status, 202)
    assert.deepEqual(answer.body, { message: 'Look into your mail' })
  }

  const signUp = async () => {
    const email = newAddress()
    await registers(email)
    return { email, code: await settledCode(app, email) }
  }

  const signUpActive = async (): Promise<string> => {
    const { email, code } = await signUp()
    assert.equal((await client.activate(email, code)).status, 200)
    return email
  }

  const rowOf = async (email: string) =>
    (await app.database.rows('select * from users where email = $1', [email]))[0]

  /** The subjects of all mail to an address, once nothing is on its way any more. */
  const subjectsTo = async (email: string): Promise<string[]> => {
    const waiting = `select from outbox join users on users.id = user_id where topic = 'mail' and email = $1`
    while ((await app.database.rows(waiting, [email])).length > 0);
    return app.mail.attempts.filter(({ to }) => to === email).map(({ subject }) => subject)
  }
  const CODE = 'Your activation code'
  const REMINDER = 'You already have an account'

  /** An address of each kind, and the mail it has had. All of them may be sent mail again. */
  const everyKind = async () => {
    const [dead, active] = await Promise.all([signUp(), signUpActive()])
    await letTimePass(app, 61)
    const live = await signUp()
    await letTimePass(app, 31)
    return [
      { kind: 'a free address', email: newAddress(), mail: [CODE] },
      { kind: 'a pending address with a live code', email: live.email, mail: [CODE] },
      { kind: 'a pending address with a dead code', email: dead.email, mail: [CODE, CODE] },
      { kind: 'an active address', email: active, mail: [CODE, REMINDER] },
    ]
  }

  /** The bytes of an answer, without the one line that depends on the clock. */
  const bytesOfRegistration = async (email: string): Promise<string> => {
    const { hostname, port } = new URL(app.url)
    const socket = connect(Number(port), hostname)
    const chunks: Buffer[] = []
    socket.on('data', chunk => chunks.push(chunk))
    const headers = ['Content-Type: application/json', 'Connection: close', 'X-Correlation-Id: the-same']
    socket.write(request('POST /users HTTP/1.1', headers, JSON.stringify({ email, password: NEW_PASSWORD })))
    await once(socket, 'close')
    return Buffer.concat(chunks)
      .toString('latin1')
      .replace(/^date: .*\r\n/im, '')
  }

  it('answers the same 202, byte for byte, after one hash and one statement, for a free, pending or active address', async () => {
    const answers = new Set<string>()
    for (const { kind, email, mail } of await everyKind()) {
      const hashesBefore = counted.hashes
      const statements = await statementsDuring(async () => answers.add(await bytesOfRegistration(email)))
      assert.deepEqual(statements, ['register'], kind)
      assert.equal(counted.hashes - hashesBefore, 1, kind)
      assert.deepEqual(await subjectsTo(email), mail, kind)
    }
    const [answer, ...others] = answers
    assert.deepEqual(others, [])
    assert.match(
      String(answer),
      /^HTTP\/1\.1 202 Accepted\r\n.*\r\n\r\n\{"message":"Look into your mail"\}$/s,
    )
    assert.doesNotMatch(String(answer), /retry-after|ratelimit/i)
  })

  it('mails the owner of an active account that there is one, without a code, and changes nothing about it', async () => {
    const email = await signUpActive()
    await letTimePass(app, 31)
    const account = await rowOf(email)
    await registers(email, NEW_PASSWORD)

    const mail = await app.mail.mailTo(email, 2)
    assert.equal(mail.subject, REMINDER)
    for (const text of [mail.text, mail.html]) {
      assert.match(text, /already has an account/)
      assert.doesNotMatch(text.replace(/<[^>]*>/g, ''), /\d{4}/, 'there is no code in it')
    }
    assert.deepEqual(await rowOf(email), account)
    assert.equal((await client.me(email)).status, 200)
    assertProblem(await client.me(email, NEW_PASSWORD), 'invalid_credentials')
  })

  it('sends nothing for a pending address whose code is live, and keeps its registration', async () => {
    const { email, code } = await signUp()
    await letTimePass(app, 31)
    const account = await rowOf(email)
    await registers(email, NEW_PASSWORD)
    assert.deepEqual(await rowOf(email), account)
    assert.deepEqual(await subjectsTo(email), [CODE])
    assertProblem(await client.activate(email, code, NEW_PASSWORD), 'invalid_credentials')
    assert.equal((await client.activate(email, code)).status, 200)
  })

  it('replaces the registration of a pending address whose code is dead', async () => {
    const { email } = await signUp()
    await letTimePass(app, 61)
    await registers(email, NEW_PASSWORD)
    const code = await settledCode(app, email, 2)
    assertProblem(await client.activate(email, code), 'invalid_credentials')
    assert.equal((await client.activate(email, code, NEW_PASSWORD)).status, 200)
    assert.equal((await client.me(email, NEW_PASSWORD)).body.is_active, true)
  })

  describe('answers 202 and sends no mail beyond the budget of sends', () => {
    it('to one reminder within 30 seconds of another', async () => {
      const email = await signUpActive()
      await letTimePass(app, 31)
      for (let times = 0; times < 3; times += 1) await registers(email)
      assert.deepEqual(await subjectsTo(email), [CODE, REMINDER])
      await letTimePass(app, 31)
      await registers(email)
      assert.deepEqual(await subjectsTo(email), [CODE, REMINDER, REMINDER])
    })

    it('to a reminder within 30 seconds of a code', async () => {
      const email = await signUpActive()
      await registers(email)
      assert.deepEqual(await subjectsTo(email), [CODE])
    })

    it('to a code within 30 seconds of another, though that is dead', async () => {
      const { email, code } = await signUp()
      for (let guesses = 0; guesses < 3; guesses += 1) await client.activate(email, otherThan(code))
      const account = await rowOf(email)
      await registers(email, NEW_PASSWORD)
      assert.deepEqual(await subjectsTo(email), [CODE])
      assert.deepEqual(await rowOf(email), account)
    })

    const register10 = (email: string) => Promise.all(Array.from({ length: 10 }, () => registers(email)))

    it('to ten registrations of a free address at once: one mail is sent', async () => {
      const email = newAddress()
      await register10(email)
      assert.deepEqual(await subjectsTo(email), [CODE])
    })

    for (const [ledger, prepare] of [
      ['is there', `update address_ledger set sent_at = '{}'`],
      ['has been purged', 'delete from address_ledger'],
    ] as const) {
      it(`to ten registrations of an active address at once, whose ledger row ${ledger}: one mail is sent`, async () => {
        const email = await signUpActive()
        await app.database.rows(prepare)
        const { id } = (await rowOf(email)) ?? {}
        const hold = `select from users where id = '${id}' for update`
        await whileAnotherCommits(app.database, hold, () => register10(email), 8)
        assert.deepEqual(await subjectsTo(email), [CODE, REMINDER])
      })
    }
  })

  it('answers 422 validation_failed and 400 malformed_body, whatever the address is', async () => {
    const email = await signUpActive()
    for (const address of [email, newAddress()]) {
      const rules = ['/password password_too_short', '/password password_special']
      assertInvalid(await client.register(address, 'Xylorim'), ...rules)
    }
    assertInvalid(await client.register('ada', NEW_PASSWORD), '/email email_syntax')
    assertProblem(await client.ask('POST', '/users'), 'malformed_body')
  })

  it('answers 503 overloaded for every kind of address alike, before any statement', async () => {
    const people = await everyKind()
    counted.busy = true
    const statements = await statementsDuring(async () => {
      for (const { email } of people) assertProblem(await client.register(email), 'overloaded')
    }).finally(() => {
      counted.busy = false
    })
    assert.deepEqual(statements, [])
  })

  it('spends one verification on GET /users/me for an unknown, a pending or an active address, whatever the password', async () => {
    const [{ email: pending }, active] = await Promise.all([signUp(), signUpActive()])
    const logins: [email: string, password: string, status: number][] = [
      [newAddress(), PASSWORD, 401],
      [pending, NEW_PASSWORD, 401],
      [pending, PASSWORD, 200],
      [active, NEW_PASSWORD, 401],
      [active, '', 401],
      [active, PASSWORD, 200],
    ]
    for (const [email, password, status] of logins) {
      const before = { ...counted }
      assert.equal((await client.me(email, password)).status, status)
      assert.equal(counted.verifications - before.verifications, 1)
      assert.equal(counted.hashes - before.hashes, 0)
    }
  })

  it('answers 429 to POST /users/resend-code with the right password only, and 401 to anybody else', async () => {
    const { email } = await signUp()
    const verified = counted.verifications
    assertProblem(await client.resend(email, NEW_PASSWORD), 'invalid_credentials')
    assertProblem(await client.resend(newAddress()), 'invalid_credentials')
    const early = await client.resend(email)
    assertProblem(early, 'rate_limited')
    assert.ok(retryAfter(early) <= 30)
    assert.equal(counted.verifications - verified, 3)
  })

  it('is described in /openapi.json with 202 and without email_taken', async () => {
    const { body } = await client.ask('GET', '/openapi.json')
    const { responses } =
      (body.paths as Record<string, { post: { responses: object } }>)['/users']?.post ?? {}
    assert.deepEqual(Object.keys(responses ?? {}), ['202', ...PROBLEM_STATUSES])
    assert.ok(!JSON.stringify(responses).includes('email_taken'))
    assert.match(JSON.stringify(Reflect.get(responses ?? {}, '202')), /RegistrationTaken/)
  })
  const PROBLEM_STATUSES = ['400', '408', '413', '415', '422', '429', '431', '500', '503']
})

describe('a limit by network with HIDE_REGISTERED_EMAILS', () => {
  it('is answered 429 with its own name, for a registered address as for a free one', async () => {
    const app = await startApp({ env: { ...HIDE, LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '4' } })
    try {
      const client = createClient(app.url)
      const email = newAddress()
      for (let times = 0; times < 4; times += 1) assert.equal((await client.register(email)).status, 202)
      for (const address of [email, newAddress()]) {
        const refused = await client.register(address)
        assertProblem(refused, 'rate_limited')
        assert.match(
          String(refused.headers.get('ratelimit-policy')),
          /^"registrations_per_network";q=4;w=3600$/,
        )
      }
    } finally {
      await app.stop()
    }
  })
})
