import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { type Answer, createClient, newAddress } from '../support/client.ts'
import { assertProblem, type Code } from '../support/problems.ts'
import { exhaust, letTimePass, makeCodesLong, otherThan, settledCode, signUp } from '../support/sign-up.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

describe('16 requests at once', () => {
  it('that register one address: one gets 201 and one mail, the others 409 email_taken', async () => {
    const email = newAddress()
    const answers = await atOnce(16, nth => client.register(email, `Correct-Horse-${nth}`))
    const { winner } = oneWinner(answers, 201, 'email_taken')
    assert.equal((await client.me(email, `Correct-Horse-${answers.indexOf(winner)}`)).body.id, winner.body.id)

    await settledCode(app, email)
    assert.equal(app.mail.attempts.filter(({ to }) => to === email).length, 1)
    assert.deepEqual(await mailsOnTheirWay(winner.body.id), [])
    assert.equal((await eventIds('user.registered', winner.body.id)).size, 1)
  })

  it('that register one address in upper and lower case: one gets 201', async () => {
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

  it('that activate, some with the right code and some with a wrong one: at most one gets 200', async () => {
    const { id, email, code } = await signUp(app)
    const answers = await atOnce(16, nth => client.activate(email, nth % 2 === 0 ? code : otherThan(code)))
    const active = (await client.me(email)).body.is_active
    const successes = answers.filter(({ status }) => status === 200)
    assert.equal(successes.length, active ? 1 : 0)
    assert.equal((await eventIds('user.activated', id)).size, successes.length)
    assert.ok(answers.filter(({ body }) => body.code === 'wrong_code').length <= 3)
  })

  it('that ask for a new code: one gets 202 and one mail, the others 429', async () => {
    const { id, email } = await signUp(app)
    await letTimePass(app, 31)
    oneWinner(await atOnce(16, () => client.resend(email)), 202, 'rate_limited')
    await settledCode(app, email, 2)
    assert.equal(app.mail.attempts.filter(({ to }) => to === email).length, 2)
    assert.deepEqual(await mailsOnTheirWay(id), [])
  })

  it('that register a pending address whose code is dead: one gets 201, the others 409 email_taken', async () => {
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

  it('that register again or ask for a new code: one succeeds and one mail is sent, whose code activates', async () => {
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

  it('that register beside an activation: the one succeeds when the code is live, the other when it is expired', async () => {
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
