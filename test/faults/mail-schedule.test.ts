import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { answerWith } from '../support/mail-service.ts'
import {
  assertBetween,
  GIVEN_UP,
  HANDED_OVER,
  type MailingApp,
  startMailingApp,
  TRYING_AGAIN,
} from '../support/scripted-mail-app.ts'
import { type HttpReply, startScriptedHttp } from '../support/scripted-mail-http.ts'
import type { ScriptedMail } from '../support/scripted-mail-log.ts'
import { letTimePass } from '../support/sign-up.ts'

/** What is waited after each attempt, in seconds, before chance takes off up to a half of it. */
const SCHEDULE = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
const HOUR = 3600

describe('the schedule of a mail that the mail service does not accept', () => {
  let service: ScriptedMail<HttpReply>
  let app: MailingApp
  /** What the service says to one address; the others get their mail. */
  const says = new Map<string, HttpReply>()
  before(async () => {
    service = await startScriptedHttp()
    service.behave(({ to }) => says.get(to) ?? service.accept)
    app = await startMailingApp(service)
  })
  beforeEach(() => says.clear())
  after(async () => {
    await app.stop()
    await service.close()
  })

  const registerFailing = async (reply: HttpReply) => {
    const email = `slow-${says.size}-${Date.now()}@example.com`
    says.set(email, reply)
    return app.register(email)
  }

  /** Someone else registers, and so the courier looks into the outbox at once. */
  const wakeCourier = () => app.register()

  it('is 1 second, doubling to 5 minutes, less a random half at most; all attempts have the same code and id', async () => {
    const person = await registerFailing(answerWith(500))
    for (const [n, full] of SCHEDULE.entries()) {
      const line = await person.line(TRYING_AGAIN, n + 1)
      assertBetween(line.next_in_seconds, [full / 2, full])
      const [due] = await app.database.rows<{ seconds: number }>(
        'select extract(epoch from due_at - now())::float8 as seconds from outbox where user_id = $1',
        [person.id],
      )
      assertBetween(due?.seconds, [-60, full])
      if (n + 1 === SCHEDULE.length) says.clear()
      await app.makeDue(person)
      await wakeCourier()
    }
    await person.line(HANDED_OVER, SCHEDULE.length + 1)

    const attempts = service.attemptsTo(person.email)
    assert.equal(new Set(attempts.map(({ code, key }) => `${code} ${key}`)).size, 1)
    assert.equal((await app.client.activate(person.email, attempts[0]?.code)).status, 200)
  })

  it('is not shortened by a Retry-After', async () => {
    const person = await registerFailing(answerWith(503, { 'retry-after': '1' }))
    for (const attempt of [1, 2, 3, 4, 5]) {
      const line = await person.line(TRYING_AGAIN, attempt)
      assertBetween(line.next_in_seconds, [
        Math.max(1, SCHEDULE[attempt - 1] ?? 0) / 2,
        SCHEDULE[attempt - 1] ?? 0,
      ])
      await app.makeDue(person)
      await wakeCourier()
    }
  })

  it('ends with one more attempt when MAIL_GIVE_UP_AFTER is over, however long Retry-After is', async () => {
    const person = await registerFailing(answerWith(503, { 'retry-after': '86400' }))
    const line = await person.line(TRYING_AGAIN, 1)
    assertBetween(line.next_in_seconds, [HOUR - 60, HOUR])
    await letTimePass(app, HOUR)
    await person.line(GIVEN_UP, 2)
    assert.equal(service.attemptsTo(person.email).length, 2)
  })
})
