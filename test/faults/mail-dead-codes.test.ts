import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { answerWith } from '../support/mail-service.ts'
import { assertProblem } from '../support/problems.ts'
import {
  HANDED_OVER,
  type MailingApp,
  type Registered,
  startMailingApp,
  TRYING_AGAIN,
} from '../support/scripted-mail-app.ts'
import { type HttpReply, hangUp, startScriptedHttp } from '../support/scripted-mail-http.ts'
import type { Attempt, ScriptedMail } from '../support/scripted-mail-log.ts'
import { letTimePass, otherThan } from '../support/sign-up.ts'

const DROPPED = 'mail dropped: nobody waits for it'
const ASKED_SECONDS = 600

/** What nobody waits for is decided where the outbox is read: every transport is spared alike. */
describe('a mail that is being retried when its code dies', () => {
  let service: ScriptedMail<HttpReply>
  let app: MailingApp
  before(async () => {
    service = await startScriptedHttp()
    app = await startMailingApp(service)
  })
  beforeEach(async () => {
    // Failures of one test alone are too few for the service to be blamed.
    service.behave(() => service.accept)
    await (await app.register()).line(HANDED_OVER)
    service.behave(() => answerWith(503, { 'retry-after': String(ASKED_SECONDS) }))
  })
  after(async () => {
    await app.stop()
    await service.close()
  })

  const registerRetried = async (): Promise<Registered & { attempt: Attempt }> => {
    const person = await app.register()
    await person.line(TRYING_AGAIN, 1)
    return { ...person, attempt: await service.attemptTo(person.email) }
  }

  /** The service takes everything again, and the time of the next attempt comes. */
  const recover = async (person: Registered): Promise<void> => {
    service.behave(() => service.accept)
    await app.makeDue(person)
  }

  it('is not mailed when wrong guesses have killed it', async () => {
    const person = await registerRetried()
    for (const attempts_left of [2, 1, 0]) {
      const guessed = await app.client.activate(person.email, otherThan(person.attempt.code))
      assertProblem(guessed, 'wrong_code', { attempts_left })
    }
    await recover(person)
    await person.line(DROPPED, 2)
    assert.equal(service.attemptsTo(person.email).length, 1)
    assertProblem(await app.client.activate(person.email, person.attempt.code), 'exhausted_code')
  })

  it('is not mailed when the right code was in the mail that the service has accepted and not answered', async () => {
    service.behave(() => hangUp)
    const person = await registerRetried()
    await app.database.rows(`update outbox set due_at = now() + interval '10 minutes'`)
    assert.equal((await app.client.activate(person.email, person.attempt.code)).status, 200)
    const before = service.attemptsTo(person.email).length
    await recover(person)
    await person.line(DROPPED)
    assert.equal(service.attemptsTo(person.email).length, before)
    assert.equal((await app.client.me(person.email)).body.is_active, true)
  })

  it('is not mailed when its registration is gone', async () => {
    const person = await registerRetried()
    await app.database.rows('delete from users where id = $1', [person.id])
    await recover(person)
    await person.line(DROPPED, 2)
    assert.equal(service.attemptsTo(person.email).length, 1)
  })

  it('is not mailed any more, only the code that has replaced it, however often that is retried', async () => {
    const person = await registerRetried()
    await letTimePass(app, 31)
    assert.equal((await app.client.resend(person.email)).status, 202)
    const { key } = await service.attemptTo(person.email, 2)
    await app.logLine({ message_id: key, msg: TRYING_AGAIN, attempt: 1 })
    await recover(person)
    await person.line(DROPPED, 2)
    await app.logLine({ message_id: key, msg: HANDED_OVER, attempt: 2 })
    const keys = service.attemptsTo(person.email).map(attempt => attempt.key)
    assert.deepEqual(keys, [person.attempt.key, key, key])
    const { code } = await service.attemptTo(person.email, 3)
    assert.equal((await app.client.activate(person.email, code)).status, 200)
  })
})
