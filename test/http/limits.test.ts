import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Answer, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { startCountingApp } from '../support/counting-app.ts'
import { assertProblem } from '../support/problems.ts'
import { letTimePass, otherThan, settledCode, signUp } from '../support/sign-up.ts'

const WRONG = 'Wrong-Horse-7'

const app = await startCountingApp({
  LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '3',
  LIMIT_GUESSES_PER_NETWORK_PER_HOUR: '4',
  LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR: '3',
  LIMIT_LOGIN_FAILURES_PER_DAY: '5',
})
const { someoneElsewhere, pending, active, measured, assertLimited } = app
after(() => app.stop())

const REGISTRATIONS = '"registrations_per_network";q=3;w=3600'
const GUESSES = '"wrong_guesses_per_network";q=4;w=3600'
const LOGINS_HERE = '"login_failures_per_address_and_network";q=3;w=900'
const LOGINS_A_DAY = '"login_failures_per_address";q=5;w=86400'
const SENDS = '"sends_per_address";q=10;w=86400'

/** Makes one guess after the other, all of them wrong. */
const guessWrong = async (times: number, { email, code }: { email: string; code: string }) => {
  const stranger = someoneElsewhere()
  for (let nth = 0; nth < times; nth += 1) {
    assertProblem(await stranger.activate(email, otherThan(code)), 'wrong_code', { attempts_left: 2 - nth })
  }
}

/** Spends the failed logins that an address has for a day, from two networks. */
const failAllDay = async (email: string) => {
  for (const times of [3, 2]) {
    const stranger = someoneElsewhere()
    for (let nth = 0; nth < times; nth += 1) {
      assertProblem(await stranger.me(email, WRONG), 'invalid_credentials')
    }
  }
}

describe('registrations of one network (limit of 3 an hour)', () => {
  it('get 429 from the fourth on, whatever the address; other networks are not affected', async () => {
    const { register } = someoneElsewhere()
    const taken = newAddress()
    assert.equal((await register(taken)).status, 201)
    assert.equal((await register(newAddress())).status, 201)
    assertProblem(await register(taken), 'email_taken')

    const refused = newAddress()
    assert.ok((await assertLimited(REGISTRATIONS, () => register(refused))) > 3000)
    await assertLimited(REGISTRATIONS, () => register(taken))
    assert.equal((await someoneElsewhere().register(refused)).status, 201)
  })

  it('do not count when they get 422', async () => {
    const { register } = someoneElsewhere()
    for (let nth = 0; nth < 5; nth += 1) assert.equal((await register('nobody', 'short')).status, 422)
    for (let nth = 0; nth < 3; nth += 1) assert.equal((await register(newAddress())).status, 201)
    await assertLimited(REGISTRATIONS, () => register(newAddress()))
    assert.equal((await register('nobody', 'short')).status, 422)
  })

  it('of an address that this instance knows to be taken cost no hash', async () => {
    const { email } = await pending()
    const { answer, hashed } = await measured(() => someoneElsewhere().register(email))
    assertProblem(answer, 'email_taken')
    assert.equal(hashed, 0)
  })
})

describe('wrong guesses of one network (limit of 4 an hour)', () => {
  it('get 429 from the fifth on, at whatever account; other networks are not affected', async () => {
    const [ada, bob] = [await pending(), await pending()]
    const { activate } = someoneElsewhere()
    for (const [attemptsLeft, { email, code }] of [
      [2, ada],
      [1, ada],
      [2, bob],
      [1, bob],
    ] as const) {
      assertProblem(await activate(email, otherThan(code)), 'wrong_code', { attempts_left: attemptsLeft })
    }
    assert.ok((await assertLimited(GUESSES, () => activate(ada.email, otherThan(ada.code)))) > 3000)
    await assertLimited(GUESSES, () => activate(ada.email, ada.code))
    await assertLimited(GUESSES, () => activate(newAddress(), ada.code))
    // What was refused was not counted against the code either.
    const last = await someoneElsewhere().activate(bob.email, otherThan(bob.code))
    assertProblem(last, 'wrong_code', { attempts_left: 0 })
    assert.equal((await someoneElsewhere().activate(ada.email, ada.code)).status, 200)
  })

  it('do not include right, expired, exhausted and impossible codes, active accounts and wrong passwords', async () => {
    const { activate } = someoneElsewhere()
    const expired = await pending()
    await letTimePass(app, 61)
    const [ada, exhausted, guessed] = [await pending(), await pending(), await pending()]
    await guessWrong(3, exhausted)
    assert.equal((await activate(ada.email, ada.code)).status, 200)
    for (let nth = 0; nth < 3; nth += 1) {
      assertProblem(await activate(ada.email, ada.code), 'already_active')
      assertProblem(await activate(expired.email, expired.code), 'expired_code')
      assertProblem(await activate(exhausted.email, exhausted.code), 'exhausted_code')
      assertProblem(await activate(newAddress(), ada.code), 'invalid_credentials')
      assertProblem(await activate(guessed.email, guessed.code, WRONG), 'invalid_credentials')
      assert.equal((await activate(guessed.email, '12')).status, 422)
    }
    const bob = await pending()
    for (const person of [bob, bob, bob, await pending()]) {
      assert.equal((await activate(person.email, otherThan(person.code))).body.code, 'wrong_code')
    }
    await assertLimited(GUESSES, () => activate(guessed.email, guessed.code))
  })
})

describe('failed logins (limits of 3 for address and network, 5 a day for the address)', () => {
  it('get the same answers, step by step, for an active, a pending and an unknown address', async () => {
    const [known, waiting, unknown] = [(await active()).email, (await pending()).email, newAddress()]
    await letTimePass(app, 31)
    const answers = await series(unknown)
    const steps = answers.map(({ answer, hashed }) => `${answer.status} after ${hashed}`)
    const [failed, refused] = ['401 after 1', '429 after 0']
    assert.deepEqual(steps, [failed, failed, failed, refused, failed, failed, refused, refused])
    assert.deepEqual((await series(known)).map(comparable), answers.map(comparable))
    assert.deepEqual((await series(waiting)).map(comparable), answers.map(comparable))
  })

  const series = async (email: string) => {
    const [here, there, elsewhere] = [someoneElsewhere(), someoneElsewhere(), someoneElsewhere()]
    return [
      await measured(() => here.me(email, WRONG)),
      await measured(() => here.resend(email, WRONG)),
      await measured(() => here.activate(email, '1234', WRONG)),
      await measured(() => here.me(email, WRONG)),
      await measured(() => there.activate(email, '1234', '')),
      await measured(() => there.resend(email, WRONG)),
      await measured(() => there.me(email, WRONG)),
      await measured(() => elsewhere.activate(email, '1234', WRONG)),
    ]
  }

  it('at one address from one network get 429 from the fourth on, and so does the right password', async () => {
    const { email } = await active()
    const here = someoneElsewhere()
    for (const password of [WRONG, PASSWORD, WRONG, PASSWORD, WRONG]) {
      assert.equal((await here.me(email, password)).status, password === WRONG ? 401 : 200)
    }
    assert.ok((await assertLimited(LOGINS_HERE, () => here.me(email))) > 600)
    await assertLimited(LOGINS_HERE, () => here.me(email.toUpperCase()))
    await assertLimited(LOGINS_HERE, () => here.resend(email))
    await assertLimited(LOGINS_HERE, () => here.activate(email, '1234'))
    assertProblem(await here.me(newAddress()), 'invalid_credentials')
    assert.equal((await someoneElsewhere().me(email)).status, 200)
  })

  it('at what is no address get 429 from the fourth on, too', async () => {
    const here = someoneElsewhere()
    for (let nth = 0; nth < 3; nth += 1) {
      assertProblem(await here.me('nobody at all', WRONG), 'invalid_credentials')
    }
    await assertLimited(LOGINS_HERE, () => here.me('nobody at all', WRONG))
  })

  it('at one address get 429 from the sixth of a day on, from any network, until the day is over', async () => {
    const { email } = await active()
    await failAllDay(email)
    const wait = await assertLimited(LOGINS_A_DAY, () => someoneElsewhere().me(email))
    assert.ok(wait > 86_000)
    await letLoginsGrowOld(wait - 60)
    await assertLimited(LOGINS_A_DAY, () => someoneElsewhere().me(email))
    await letLoginsGrowOld(60)
    assert.equal((await someoneElsewhere().me(email)).status, 200)
    await failAllDay(email)
    await assertLimited(LOGINS_A_DAY, () => someoneElsewhere().me(email))
  })

  it('before a registration do not lock out the person who registers', async () => {
    const email = newAddress()
    await failAllDay(email)
    assert.equal((await someoneElsewhere().register(email)).status, 201)
    assert.equal((await someoneElsewhere().me(email)).status, 200)
    await failAllDay(email)
  })

  it('at a pending account are forgiven when its owner registers again', async () => {
    const person = await pending()
    await failAllDay(person.email)
    await letTimePass(app, 61)
    assert.equal((await someoneElsewhere().register(person.email, 'Another-Horse-8')).status, 201)
    assert.equal((await someoneElsewhere().me(person.email, 'Another-Horse-8')).status, 200)
  })

  it('at an active account are not forgiven when somebody registers its address', async () => {
    const { email } = await active()
    await failAllDay(email)
    await letTimePass(app, 61)
    assertProblem(await someoneElsewhere().register(email), 'email_taken')
    await assertLimited(LOGINS_A_DAY, () => someoneElsewhere().me(email))

    const quiet = await startApp({ database: app.database, env: { HIDE_REGISTERED_EMAILS: 'true' } })
    const { status } = await createClient(quiet.url).register(email).finally(quiet.stop)
    assert.equal(status, 202)
    await assertLimited(LOGINS_A_DAY, () => someoneElsewhere().me(email))
  })
})

describe('mails to one address', () => {
  it('are 30 seconds apart, asked for by resending; earlier gets 429', async () => {
    const { email } = await pending()
    const wait = await assertLimited(SENDS, () => someoneElsewhere().resend(email))
    assert.ok(wait <= 30)
    await letTimePass(app, wait)
    assert.equal((await someoneElsewhere().resend(email)).status, 202)
    await assertLimited(SENDS, () => someoneElsewhere().resend(email, WRONG))
  })

  it('are 30 seconds apart, asked for by registering again; earlier gets 429', async () => {
    const person = await pending()
    await guessWrong(3, person)
    const wait = await assertLimited(SENDS, () => someoneElsewhere().register(person.email))
    assert.ok(wait <= 30)
    await letTimePass(app, wait)
    assert.equal((await someoneElsewhere().register(person.email)).status, 201)
  })

  it('are 5 an hour; the sixth gets 429', async () => {
    const { email } = await pending()
    await sendMore(4, email, 31)
    await letTimePass(app, 31)
    const wait = await assertLimited(SENDS, () => someoneElsewhere().resend(email))
    assert.ok(wait > 3000 && wait <= 3600)
    await letTimePass(app, wait - 60)
    await assertLimited(SENDS, () => someoneElsewhere().register(email))
    await letTimePass(app, 60)
    assert.equal((await someoneElsewhere().resend(email)).status, 202)
  })

  it('are 10 a day; the eleventh gets 429', async () => {
    const { email } = await pending()
    await sendMore(9, email, 901)
    await letTimePass(app, 901)
    const wait = await assertLimited(SENDS, () => someoneElsewhere().resend(email))
    assert.ok(wait > 70_000)
    await letTimePass(app, wait - 60)
    await assertLimited(SENDS, () => someoneElsewhere().register(email))
    await letTimePass(app, 60)
    assert.equal((await someoneElsewhere().register(email)).status, 201)
  })

  /** Has that many mails sent, each so long after the one before that its code is dead: register and resend take turns. */
  const sendMore = async (times: number, email: string, apartSeconds: number) => {
    for (let nth = 1; nth <= times; nth += 1) {
      await letTimePass(app, apartSeconds)
      const { register, resend } = someoneElsewhere()
      const again = nth % 2 === 0 && apartSeconds > 60 ? register : resend
      assert.ok([201, 202].includes((await again(email)).status))
      await settledCode(app, email, nth + 1)
    }
  }

  it('do not matter to an active account, which gets 409 already_active with the right password', async () => {
    const { email } = await active()
    const right = await measured(() => someoneElsewhere().resend(email))
    assertProblem(right.answer, 'already_active')
    assert.equal(right.hashed, 1)
    assertProblem(await someoneElsewhere().resend(email, WRONG), 'invalid_credentials')
  })
})

describe('a limit of 0', () => {
  let free: RunningApp
  before(async () => {
    const names = ['SEND_SPACING_SECONDS', 'SENDS_PER_HOUR', 'SENDS_PER_DAY', 'LOGIN_FAILURES_PER_DAY']
    free = await startApp({ env: Object.fromEntries(names.map(name => [`LIMIT_${name}`, '0'])) })
  })
  after(() => free.stop())

  it('switches it off: registrations, failed logins, mails and wrong guesses pass beyond every default', async () => {
    const { register, me, resend, activate } = createClient(free.url)
    const hundredAndOne = <T>(ask: () => Promise<T>) => Promise.all(Array.from({ length: 101 }, ask))
    for (const { status } of await hundredAndOne(() => register(newAddress()))) assert.equal(status, 201)
    const { email } = await signUp(free)
    for (const { status } of await hundredAndOne(() => me(email, WRONG))) assert.equal(status, 401)
    for (let nth = 0; nth < 11; nth += 1) {
      assert.equal((await resend(email)).status, 202)
      const code = await settledCode(free, email, nth + 2)
      for (const attempts_left of [2, 1, 0]) {
        assertProblem(await activate(email, otherThan(code)), 'wrong_code', { attempts_left })
      }
    }
  })
})

/** Moves the failed logins of all addresses into the past, as waiting would. */
const letLoginsGrowOld = (seconds: number) =>
  app.database.rows(
    'update address_ledger set login_failures_since = login_failures_since - make_interval(secs => $1)',
    [seconds],
  )

/** What a client sees of an answer, without what differs between any two: the id, the date, a second more or less. */
const comparable = ({ answer: { status, headers, body }, hashed }: { answer: Answer; hashed: number }) => {
  const { correlation_id, ...rest } = body
  const lines = [...headers].filter(([name]) => !['date', 'x-correlation-id'].includes(name))
  const shown = lines.map(([name, value]) => [
    name,
    /^(retry-after|ratelimit)$/.test(name) ? value.replace(/\d+$/, 'seconds') : value,
  ])
  return { status, headers: shown, body: JSON.stringify(rest), hashed }
}
