import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newAddress } from '../support/client.ts'
import { answerWith } from '../support/mail-service.ts'
import {
  HANDED_OVER,
  type MailingApp,
  type Registered,
  startMailingApp,
  TRYING_AGAIN,
} from '../support/scripted-mail-app.ts'
import { silence, startScriptedHttp } from '../support/scripted-mail-http.ts'
import type { ScriptedMail } from '../support/scripted-mail-log.ts'
import { type SmtpReply, startScriptedSmtp } from '../support/scripted-mail-smtp.ts'

/** How often the poison is tried, with one other mail between two attempts. */
const ATTEMPTS = 10
/** Too few to be all that fails while others get through. */
const SEVERAL = 8
const OUT_OF_ORDER = 'no mail gets through; trying with one at a time'

const describePoison = <Reply>(
  protocol: string,
  startService: () => Promise<ScriptedMail<Reply>>,
  poisons: Record<string, Reply>,
): void => {
  describe(`a mail that never gets through, over ${protocol}`, () => {
    let service: ScriptedMail<Reply>
    let app: MailingApp
    const poisonTo = new Map<string, Reply>()
    before(async () => {
      service = await startService()
      service.behave(({ to }) => poisonTo.get(to) ?? service.accept)
      app = await startMailingApp(service, { env: { MAIL_TIMEOUT_MS: '1000' } })
    })
    after(async () => {
      await app.stop()
      await service.close()
    })

    const registerPoison = (reply: Reply): Promise<Registered> => {
      const email = newAddress()
      poisonTo.set(email, reply)
      return app.register(email)
    }
    /** Someone else registers and gets the mail at the first attempt. */
    const mailAnother = async (): Promise<void> => {
      const other = await app.register()
      await other.line(HANDED_OVER, 1)
    }
    const clear = async (): Promise<void> => {
      poisonTo.clear()
      await app.database.rows('delete from outbox')
    }

    for (const [what, reply] of Object.entries(poisons)) {
      it(`delays no other mail, though it is tried ${ATTEMPTS} times: ${what}`, async () => {
        const poison = await registerPoison(reply)
        for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
          await mailAnother()
          await poison.line(TRYING_AGAIN, attempt)
          await app.makeDue(poison)
        }
        assert.deepEqual(app.logLines(OUT_OF_ORDER), [])
        await clear()
      })
    }

    it('delays no other mail when it is one of several, due at the same time as the others', async () => {
      const [reply] = Object.values(poisons)
      assert.ok(reply)
      const several = await Promise.all(
        Array.from({ length: SEVERAL }, async (_, n) => (n % 2 ? registerPoison(reply) : app.register())),
      )
      for (const [n, one] of several.entries()) await one.line(n % 2 ? TRYING_AGAIN : HANDED_OVER, 1)
      await mailAnother()
      assert.deepEqual(app.logLines(OUT_OF_ORDER), [])
      await clear()
    })
  })
}

describePoison('HTTP', startScriptedHttp, {
  'always 500': answerWith(500),
  'no answer': silence,
  'always 429': answerWith(429, { 'retry-after': '600' }),
})
describePoison<SmtpReply>('SMTP', startScriptedSmtp, {
  'always 4yz': { code: 451, says: 'try again later' },
  'no answer': 'silence',
  'always throttled': { code: 454, says: 'Throttling failure' },
})
