import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { answerWith } from '../support/mail-service.ts'
import { assertProblem } from '../support/problems.ts'
import {
  GIVEN_UP,
  HANDED_OVER,
  type MailingApp,
  type Registered,
  startMailingApp,
  TRYING_AGAIN,
} from '../support/scripted-mail-app.ts'
import { startScriptedHttp } from '../support/scripted-mail-http.ts'
import type { ScriptedMail } from '../support/scripted-mail-log.ts'
import { startScriptedSmtp } from '../support/scripted-mail-smtp.ts'
import { letTimePass } from '../support/sign-up.ts'

const GIVE_UP_AFTER = 600

const describeGivingUp = <Reply>(
  protocol: string,
  startService: () => Promise<ScriptedMail<Reply>>,
  says: { never: Reply; notNow: Reply; class: string },
): void => {
  describe(`a mail that is given up, over ${protocol}`, () => {
    let service: ScriptedMail<Reply>
    let app: MailingApp
    before(async () => {
      service = await startService()
      app = await startMailingApp(service, { env: { MAIL_GIVE_UP_AFTER: String(GIVE_UP_AFTER) } })
    })
    after(async () => {
      await app.stop()
      await service.close()
    })

    /** Its event was published, once, with what it says. */
    const assertEvent = async ({ id, email }: Registered, reason: string): Promise<void> => {
      await app.logLine({ msg: 'mail.given_up', event: { subject: id } })
      const events = app
        .logLines('mail.given_up')
        .filter(line => Reflect.get(line.event ?? {}, 'subject') === id)
      assert.equal(events.length, 1)
      assert.deepEqual(Reflect.get(events[0]?.event ?? {}, 'data'), {
        id,
        email,
        mail: 'activation_code',
        reason,
      })
    }

    /** The code is dead, and whoever owns the address registers it anew and activates. */
    const assertAddressFree = async (person: Registered): Promise<void> => {
      const [attempt] = service.attemptsTo(person.email)
      assertProblem(await app.client.activate(person.email, attempt?.code), 'expired_code')
      service.behave(() => service.accept)
      await letTimePass(app, 31)
      const before = service.attemptsTo(person.email).length
      const anew = await app.register(person.email, 'Another-Horse-8')
      assert.notEqual(anew.id, person.id)
      await anew.line(HANDED_OVER)
      const { key, code } = await service.attemptTo(person.email, before + 1)
      assert.notEqual(key, attempt?.key)
      assert.equal((await app.client.activate(person.email, code, 'Another-Horse-8')).status, 200)
      assert.equal(service.attemptsTo(person.email).length, before + 1)
    }

    it('is so at once when it can never be accepted: mail.given_up is published, the address is free again', async () => {
      service.behave(() => says.never)
      const person = await app.register()
      await person.line(GIVEN_UP, 1)
      assert.equal(service.attemptsTo(person.email).length, 1)
      await assertEvent(person, 'refused')
      await assertAddressFree(person)
    })

    it('is so after a last attempt when MAIL_GIVE_UP_AFTER is over, with the same consequences', async () => {
      service.behave(() => says.notNow)
      const person = await app.register()
      await person.line(TRYING_AGAIN, 1)
      assertProblem(await app.client.register(person.email), 'email_taken')
      await letTimePass(app, GIVE_UP_AFTER + 1)
      await person.line(GIVEN_UP, 2)
      assert.equal(service.attemptsTo(person.email).length, 2)
      await assertEvent(person, says.class)
      await assertAddressFree(person)
    })
  })
}

describeGivingUp('HTTP', startScriptedHttp, {
  never: answerWith(422),
  notNow: answerWith(500),
  class: 'unavailable',
})
describeGivingUp('SMTP', startScriptedSmtp, {
  never: { code: 550, says: 'no such mailbox' },
  notNow: { code: 451, says: 'try again later' },
  class: 'deferred',
})
