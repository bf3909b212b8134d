import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { type Answer, createClient, newAddress } from '../support/client.ts'
import { assertProblem, type Code } from '../support/problems.ts'
import { exhaust, letTimePass, makeCodesLong, otherThan, settledCode, signUp } from '../support/sign-up.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

describe('16 at once', () => {
  it('register one address: one is registered, and one mail is sent', async () => {
    const email = newAddress()
    const answers = await atOnce(16, nth => client.register(email, `Correct-Horse-${nth}`))
    const { winner } = oneWinner(answers, 201, 'email_taken')
    assert.equal((await client.me(email, `Correct-Horse-${answers.indexOf(winner)}`)).body.id, winner.body.id)

    await settledCode(app, email)
    assert.equal(app.mail.attempts.filter(({ to }) => to === email).length, 1)
    assert.deepEqual(await mailsOnTheirWay(winner.body.id), [])
    assert.equal((await eventIds('user.registered', winner.body.id)).size, 1)
  })

  it('register one address written in 16 ways: one is registered', async () => {
    const email = newAddress()
    const answers = await atOnce(16, nth => {
      const bits = nth.toString(2).padStart(4, '0')
      const written = email.replace(/^user/, user =>
        user.replace(/./g, (letter, at) => (bits[at] === '1' ? letter.toUpperCase() : letter)),
      )
      return client.register(written)
    })
    oneWinner(answers, 201, 'email_taken')
  })

  it('activate with the right code: one succeeds, and one event says so', async () => {
    const { id, email, code } = await signUp(app)
    const answers = await atOnce(16, () => client.activate(email, code))
    // Those that came while the winner was deciding have met a code with no guess left.
    oneWinner(answers, 200, 'already_active', 'exhausted_code')
    assert.equal((await client.me(email)).body.is_active, true)
    assert.equal((await eventIds('user.activated', id)).size, 1)
  })

  it('activate, some with the right code and some with a wrong one: at most one succeeds', async () => {
    const { id, email, code } = await signUp(app)
    const answers = await atOnce(16, nth => client.activate(email, nth % 2 === 0 ? code : otherThan(code)))
    const active = (await client.me(email)).body.is_active
    const successes = answers.filter(({ status }) => status === 200)
    assert.equal(successes.length, active ? 1 : 0)
    assert.equal((await eventIds('user.activated', id)).size, successes.length)
    assert.ok(answers.filter(({ body }) => body.code === 'wrong_code').length <= 3)
  })

  it('ask for a new code: one is sent', async () => {
    const { id, email } = await signUp(app)
    await letTimePass(app, 31)
    oneWinner(await atOnce(16, () => client.resend(email)), 202, 'rate_limited')
    await settledCode(app, email, 2)
    assert.equal(app.mail.attempts.filter(({ to }) => to === email).length, 2)
    assert.deepEqual(await mailsOnTheirWay(id), [])
  })

  it('register a pending address again whose code is dead: one replaces it', async () => {
    const first = await signUp(app)
    await exhaust(app, first)
    await letTimePass(app, 31)
    const answers = await atOnce(16, nth => client.register(first.email, `Another-Horse-${nth}`))
    const { winner } = oneWinner(answers, 201, 'email_taken')
    assert.notEqual(winner.body.id, first.id)
    const password = `Another-Horse-${answers.indexOf(winner)}`
    const code = await settledCode(app, first.email, 2)
    assert.equal((await client.activate(first.email, code, password)).status, 200)
    assert.equal((await eventIds('user.registered', winner.body.id)).size, 1)
  })

  it('register again and ask for a new code, the code being dead: one mail is sent, and its code works', async () => {
    const first = await signUp(app)
    await exhaust(app, first)
    await letTimePass(app, 31)
    await makeCodesLong(app)
    const answers = await atOnce(16, nth =>
      nth % 2 === 0 ? client.register(first.email, 'Another-Horse-8') : client.resend(first.email),
    )
    const successes = answers.filter(({ status }) => status < 300)
    assert.equal(successes.length, 1)
    const password = successes[0]?.status === 201 ? 'Another-Horse-8' : first.password
    const code = await settledCode(app, first.email, 2)
    assert.equal(app.mail.attempts.filter(({ to }) => to === first.email).length, 2)
    assert.equal((await client.activate(first.email, code, password)).status, 200)
  })

  it('register beside an activation: the state of the code decides which of them succeeds', async () => {
    const race = async (email: string, code: string) => {
      const [activated, ...registered] = await atOnce(16, nth =>
        nth === 0 ? client.activate(email, code) : client.register(email, 'Another-Horse-8'),
      )
      return { activated, registered }
    }
    const live = await signUp(app)
    const whileLive = await race(live.email, live.code)
    assert.equal(whileLive.activated?.status, 200)
    for (const answer of whileLive.registered) assertProblem(answer, 'email_taken')

    const expired = await signUp(app)
    await letTimePass(app, 61)
    const whenExpired = await race(expired.email, expired.code)
    oneWinner(whenExpired.registered, 201, 'email_taken')
    const refusal = String(whenExpired.activated?.body.code)
    assert.ok(['expired_code', 'invalid_credentials'].includes(refusal), refusal)
  })

  it('guess: three are counted, and the rest learn nothing, even 50 of them', async () => {
    const { email, code } = await signUp(app)
    const answers = await atOnce(50, () => client.activate(email, otherThan(code)))
    const counted = answers.filter(({ body }) => body.code === 'wrong_code')
    assert.deepEqual(counted.map(({ body }) => body.attempts_left).sort(), [0, 1, 2])
    for (const answer of answers.filter(answer => !counted.includes(answer))) {
      assertProblem(answer, 'exhausted_code')
    }
    assertProblem(await client.activate(email, code), 'exhausted_code')
  })

  it('guess with a dead code beside those who ask for a new one: the dead code stays dead', async () => {
    const person = await signUp(app)
    const { email, code } = person
    await exhaust(app, person)
    await letTimePass(app, 31)
    await makeCodesLong(app)
    const answers = await atOnce(16, nth =>
      nth % 4 === 0 ? client.resend(email) : client.activate(email, code),
    )
    assert.equal(answers.filter(({ status }) => status === 202).length, 1)
    const guesses = answers.filter((_, nth) => nth % 4 !== 0)
    // A code that was replaced while its guess was being judged is called expired.
    const refusals = ['exhausted_code', 'expired_code', 'wrong_code']
    for (const { body } of guesses) assert.ok(refusals.includes(String(body.code)), String(body.code))
    assert.equal((await client.me(email)).body.is_active, false)

    const wrong = guesses.filter(({ body }) => body.code === 'wrong_code').length
    // Three guesses that came too late have killed the new code, perhaps before its mail was handed over.
    if (wrong === 3) return assertProblem(await client.activate(email, code), 'exhausted_code')
    const newCode = await settledCode(app, email, 2)
    assert.equal((await client.activate(email, newCode)).status, 200)
  })

  const mailsOnTheirWay = (userId: unknown) =>
    app.database.rows(`select id from outbox where topic = 'mail' and user_id = $1`, [userId])

  /** The ids of a user's events of a type: those in the outbox and those that have left it. */
  const eventIds = async (type: string, subject: unknown): Promise<Set<unknown>> => {
    const waiting = await app.database.rows(
      `select id from outbox where topic = 'event' and user_id = $1 and payload->>'type' = $2`,
      [subject, type],
    )
    const published = app.logged
      .map(({ event }) => event as { id: string; type: string; subject: string } | undefined)
      .filter(event => event?.type === `${type}.v1` && event.subject === subject)
    return new Set([...waiting, ...published].map(event => event?.id))
  }
})

const atOnce = (count: number, ask: (nth: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, nth) => ask(nth)))

/** Checks that exactly one answer is the success and that all others are one of the problems. */
const oneWinner = (answers: Answer[], success: number, ...problems: Code[]): { winner: Answer } => {
  const [winner, ...more] = answers.filter(({ status }) => status === success)
  assert.ok(winner, JSON.stringify(answers.map(({ body }) => body.code)))
  assert.equal(more.length, 0)
  for (const answer of answers.filter(answer => answer !== winner)) {
    const code = problems.find(code => code === answer.body.code)
    assert.ok(code, `${answer.status} ${answer.body.code}`)
    assertProblem(answer, code)
  }
  return { winner }
}
