import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createAdmission } from '../../src/infrastructure/crypto/hash-admission.ts'
import { createPasswordHashing } from '../../src/infrastructure/crypto/password-hashing.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Answer, basicAuth, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { CHEAP } from '../support/hashing.ts'
import { assertProblem } from '../support/problems.ts'
import {
  exhaust,
  letTimePass,
  makeCodesLong,
  otherThan,
  type Pending,
  settledCode,
  signUp,
  signUpActive,
} from '../support/sign-up.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

describe('parallel guesses at one code', () => {
  it('count three times, however many there are; the others get 422 exhausted_code', async () => {
    const { id, email, code } = await signUp(app)
    const answers = await atOnce(50, () => client.activate(email, otherThan(code)))
    assert.deepEqual(attemptsLeft(answers), [0, 1, 2])
    for (const answer of answers.filter(({ body }) => body.code !== 'wrong_code')) {
      assertProblem(answer, 'exhausted_code')
    }
    assert.equal(await wrongGuessesOf(id), 3)
    assertProblem(await client.activate(email, code), 'exhausted_code')
  })

  it('with the right one somewhere among them activate at most once, and no more than three are compared', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { id, email, code } = await signUp(app)
      const right = Math.floor(Math.random() * 50)
      const answers = await atOnce(50, nth => client.activate(email, nth === right ? code : otherThan(code)))
      const activated = answers[right]?.status === 200
      const wrong = attemptsLeft(answers)
      assert.ok(wrong.length <= (activated ? 2 : 3), `${wrong}`)
      assert.equal(new Set(wrong).size, wrong.length)
      assert.equal(answers.filter(({ status }) => status === 200).length, activated ? 1 : 0)
      for (const { status } of answers) assert.ok([200, 409, 422].includes(status), `${status}`)
      assert.equal(await wrongGuessesOf(id), activated ? 0 : 3)
      assert.equal((await client.me(email)).body.is_active, activated)
    }
  })

  it('that are all right activate once: one 200, one user.activated', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { id, email, code } = await signUp(app)
      const answers = await atOnce(16, () => client.activate(email, code))
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        assertProblem(answer, answer.status === 409 ? 'already_active' : 'exhausted_code')
      }
      await app.logLine({ event: { type: 'user.activated.v1', subject: id } })
      const events = app.logged.filter(({ event }) => isActivation(event, id))
      assert.equal(events.length, 1)
      assert.equal(await wrongGuessesOf(id), 0)
    }
  })

  const attemptsLeft = (answers: Answer[]) =>
    answers
      .filter(({ body }) => body.code === 'wrong_code')
      .map(({ body }) => body.attempts_left)
      .sort()

  const isActivation = (event: unknown, subject: string): boolean => {
    const { type, subject: of } = (event ?? {}) as { type?: string; subject?: string }
    return type === 'user.activated.v1' && of === subject
  }

  /** What the ledger holds against the address of a user: the audit log knows it by its hash. */
  const wrongGuessesOf = async (userId: string): Promise<unknown> => {
    const { address } = await app.logLine({ audit: 'registered', user_id: userId })
    const [row] = await app.database.rows(
      `select wrong_guesses from address_ledger where address_hash = decode($1, 'hex')`,
      [address],
    )
    return row?.wrong_guesses
  }
})

describe('a guess at the same time as a request for a new code', () => {
  const ROUNDS = 36

  it('activates, or the new code replaces the old one, which never activates from then on', async () => {
    await race('live', async (person, answers) => {
      const [resent, ...guesses] = answers
      const activated = guesses.filter(({ status }) => status === 200).length
      if (resent?.status === 202) assert.equal(activated, 0)
      else assertProblem(resent, 'already_active')
      assert.ok(activated <= 1)
      assert.equal((await client.me(person.email)).body.is_active, activated === 1)
    })
  })

  it('never activates with a code that was exhausted before', async () => {
    await race('exhausted', async ({ email }, answers) => {
      const [resent, ...guesses] = answers
      assert.equal(resent?.status, 202)
      for (const { status } of guesses) assert.equal(status, 422)
      assert.equal((await client.me(email)).body.is_active, false)
    })
  })

  /** Lets each of many people, at once, ask for a new code while two requests guess with the old one. */
  const race = async (
    state: 'live' | 'exhausted',
    check: (person: Pending, answers: Answer[]) => Promise<void>,
  ): Promise<void> => {
    const people = await Promise.all(Array.from({ length: ROUNDS }, () => signUp(app)))
    if (state === 'exhausted') for (const person of people) await exhaust(app, person)
    await letTimePass(app, 31)
    await makeCodesLong(app)
    const inThreeLots = [0, 12, 24].map(from => people.slice(from, from + 12))
    for (const lot of inThreeLots) {
      await Promise.all(
        lot.map(async (person, nth) => {
          const { email, code } = person
          const asks = [() => client.resend(email), ...Array(2).fill(() => client.activate(email, code))]
          // Whoever is sent first has an edge: they take turns.
          const turned = [...asks.slice(nth % 3), ...asks.slice(0, nth % 3)]
          const answers = await Promise.all(turned.map(ask => ask()))
          const inOrder = [...answers.slice(3 - (nth % 3)), ...answers.slice(0, 3 - (nth % 3))]
          await check(person, inOrder)
          if (inOrder[0]?.status === 202) await oldIsDeadAndNewIsNot(person, inOrder)
        }),
      )
    }
  }

  const oldIsDeadAndNewIsNot = async ({ email, code }: Pending, [, ...guesses]: Answer[]) => {
    const newCode = await settledCode(app, email, 2)
    // A guess that came after the new code was one at that code.
    const used = guesses.filter(({ body }) => body.code === 'wrong_code').length
    assertProblem(await client.activate(email, code), 'wrong_code', { attempts_left: 2 - used })
    const activated = await client.activate(email, newCode)
    if (used < 2) assert.equal(activated.status, 200)
    else assertProblem(activated, 'exhausted_code')
    assert.notEqual((await client.activate(email, code)).status, 200)
  }
})

describe('parallel guesses of one network (limit of 5 an hour)', () => {
  let limited: RunningApp
  before(async () => {
    limited = await startApp({ env: { LIMIT_GUESSES_PER_NETWORK_PER_HOUR: '5', TRUST_PROXY: '1' } })
  })
  after(() => limited.stop())

  it('get 5 times 422 wrong_code, at whatever accounts, and then 429', async () => {
    const people = await signUpMany(20)
    const answers = await guessAtOnce('192.0.2.1', [...people, ...people], otherThan)
    const told = answers.filter(({ body }) => body.code === 'wrong_code')
    assert.equal(told.length, 5)
    for (const answer of answers.filter(answer => !told.includes(answer)))
      assertProblem(answer, 'rate_limited')
  })

  // 40 people of one office who typed in the right code at the same moment were locked out for an hour.
  it('do not count when they are right', async () => {
    let waiting = await signUpMany(40)
    for (let round = 0; round < 40 && waiting.length > 0; round += 1) {
      const answers = await guessAtOnce('198.51.100.1', waiting, code => code)
      waiting = waiting.filter((_, nth) => answers[nth]?.status !== 200)
    }
    assert.equal(waiting.length, 0)
  })

  const signUpMany = (count: number) => Promise.all(Array.from({ length: count }, () => signUp(limited)))

  const guessAtOnce = (from: string, people: Pending[], guess: (code: string) => string) =>
    atOnce(people.length, nth => {
      const { email = '', code = '' } = people[nth] ?? {}
      return createClient(limited.url).ask('POST', '/users/activate', {
        headers: { authorization: basicAuth(email), 'x-forwarded-for': from },
        body: { code: guess(code) },
      })
    })
})

describe('parallel failed logins at one address (limit of 10)', () => {
  const env = { LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR: '10' }

  it('get 10 times 401 and then 429, with the right password somewhere among 30', async () => {
    const limited = await startApp({ env: { ...env, TRUST_PROXY: '1' } })
    try {
      const { ask } = createClient(limited.url)
      for (let round = 0; round < 6; round += 1) {
        const { email } = await signUpActive(limited)
        const right = Math.floor(Math.random() * 30)
        const me = (password: string) => {
          const headers = { authorization: basicAuth(email, password), 'x-forwarded-for': `10.0.${round}.7` }
          return ask('GET', '/users/me', { headers })
        }
        const answers = await atOnce(30, nth => me(nth === right ? PASSWORD : `Wrong-Horse-${nth}`))
        const refused = answers.filter((answer, nth) => nth !== right || answer.status !== 200)
        const told = refused.filter(({ status }) => status === 401)
        assert.equal(told.length, 10)
        for (const answer of refused) {
          assertProblem(answer, told.includes(answer) ? 'invalid_credentials' : 'rate_limited')
        }
      }
    } finally {
      await limited.stop()
    }
  })

  it('leave 429 to the right password when they are spent before it is verified', async () => {
    const { hashing, holding, release } = await hashingThatHolds(PASSWORD)
    const limited = await startApp({ env, standIns: { hashing } })
    try {
      const { me, register } = createClient(limited.url)
      const email = newAddress()
      await register(email)
      const right = me(email)
      await holding
      const wrong = await atOnce(29, nth => me(email, `Wrong-Horse-${nth}`))
      assert.equal(wrong.filter(({ status }) => status === 401).length, 10)
      release()
      assertProblem(await right, 'rate_limited')
    } finally {
      await limited.stop()
    }
  })

  /** Verifies one password only when it is let. */
  const hashingThatHolds = async (held: string) => {
    const { admit } = createAdmission({ concurrency: 2, queueMs: 60_000 })
    const { hashPassword, verifyPassword } = await createPasswordHashing(admit, CHEAP)
    const { promise: holding, resolve: hold } = Promise.withResolvers<void>()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const verifyOrHold: typeof verifyPassword = async (password, phc) => {
      if (password === held) {
        hold()
        await released
      }
      return verifyPassword(password, phc)
    }
    return { hashing: { hashPassword, verifyPassword: verifyOrHold }, holding, release }
  }
})

const atOnce = (count: number, ask: (nth: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, nth) => ask(nth)))
