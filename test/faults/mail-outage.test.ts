import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerWith } from '../support/mail-service.ts'
import {
  GIVEN_UP,
  HANDED_OVER,
  type MailingApp,
  type Registered,
  startMailingApp,
  TRYING_AGAIN,
} from '../support/scripted-mail-app.ts'
import { startScriptedHttp } from '../support/scripted-mail-http.ts'
import type { Attempt, ScriptedMail } from '../support/scripted-mail-log.ts'
import { startScriptedSmtp } from '../support/scripted-mail-smtp.ts'
import { letTimePass } from '../support/sign-up.ts'

/** Different messages that fail in a row before the service is blamed. */
const BLAMED_AFTER = 5
/** So many that mails which overtake each other on their way do not hide which ones left first. */
const WAITING = 80
const QUARTER = WAITING / 4
const PROBES = 4
/** While a clock is turned, at one a second. */
const MOST_PROBES = 10
const HOUR = 3600
const OPENED = 'no mail gets through; trying with one at a time'
const CLOSED = 'mails are accepted again'

const describeOutage = <Reply>(
  protocol: string,
  startService: () => Promise<ScriptedMail<Reply>>,
  outOfOrder: Reply,
): void => {
  describe(`a mail service that is down as a whole, over ${protocol}`, () => {
    let service: ScriptedMail<Reply>
    let app: MailingApp
    before(async () => {
      service = await startService()
      app = await startMailingApp(service)
    })
    after(async () => {
      await app.stop()
      await service.close()
    })

    const breakDown = async (): Promise<Registered[]> => {
      service.behave(() => outOfOrder)
      const firsts: Registered[] = []
      for (let n = 0; n < BLAMED_AFTER; n += 1) {
        const person = await app.register()
        await person.line(TRYING_AGAIN, 1)
        firsts.push(person)
      }
      await app.logLine({ msg: OPENED })
      return firsts
    }
    /** One after the other. */
    const registerMany = async (count: number): Promise<Registered[]> => {
      const people: Registered[] = []
      for (let n = 0; n < count; n += 1) people.push(await app.register())
      return people
    }
    /** Waits until the service was tried so many times more; returns those attempts. */
    const attemptsFrom = async (from: number, count: number): Promise<Attempt[]> => {
      while (service.attempts.length < from + count) await sleep(20)
      return service.attempts.slice(from)
    }

    it('is tried with single mails, and gets all of them, the oldest first, when it is back', async () => {
      const firsts = await breakDown()
      const outset = service.attempts.length
      const waiting = await registerMany(WAITING)
      const begun = performance.now()
      const probes = await attemptsFrom(outset, PROBES)
      assert.ok(
        (performance.now() - begun) / 1000 > PROBES - 2,
        'a probe a second, not a probe a registration',
      )
      assert.deepEqual(new Set(probes.map(({ together }) => together)), new Set([0]))

      const recovery = service.attempts.length
      service.behave(() => service.accept)
      await app.untilAllGone()
      const inOrder = waiting.map(({ email }) => email)
      const tried = new Set(service.attempts.slice(0, recovery).map(({ to }) => to))
      const arrived = service.attempts.slice(recovery).map(({ to }) => to)
      assert.deepEqual(arrived.toSorted(), [...firsts, ...waiting].map(({ email }) => email).toSorted())
      const untried = inOrder.filter(to => !tried.has(to))
      // Mails that are under way together overtake each other, a few even by far.
      const meanPlace = (some: string[]) =>
        some.reduce((sum, to) => sum + arrived.indexOf(to), 0) / some.length
      const [oldest, youngest] = [untried.slice(0, QUARTER), untried.slice(-QUARTER)]
      assert.ok(meanPlace(youngest) - meanPlace(oldest) > WAITING / 2, 'the oldest first')
      assert.equal(app.logLines(OPENED).length, 1)
      assert.equal(app.logLines(CLOSED).length, 1)
    })

    it('costs nobody their address: mails that are due for an hour are given up without an attempt', async () => {
      app.logged.length = 0
      await breakDown()
      const waiting = await registerMany(WAITING)
      const before = service.attempts.length
      await letTimePass(app, HOUR + 1)
      for (const { id, line } of waiting) {
        await line(GIVEN_UP)
        await app.logLine({ msg: 'mail.given_up', event: { subject: id } })
      }
      // Those that were probes meanwhile are given up after their attempt.
      assert.ok(service.attempts.length - before < MOST_PROBES)
      await app.untilAllGone()

      const [person] = waiting
      assert.ok(person)
      service.behave(() => service.accept)
      const anew = await app.register(person.email, 'Another-Horse-8')
      await anew.line(HANDED_OVER)
      assert.equal(app.logLines(OPENED).length, 1)
      assert.equal(app.logLines(CLOSED).length, 1)
    })
  })
}

describeOutage('HTTP', startScriptedHttp, answerWith(503))
describeOutage('SMTP', startScriptedSmtp, 'hang up')
