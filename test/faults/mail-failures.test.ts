import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { answerWith } from '../support/mail-service.ts'
import {
  assertBetween,
  assertWholeMinute,
  HANDED_OVER,
  type MailingApp,
  startMailingApp,
  TRYING_AGAIN,
} from '../support/scripted-mail-app.ts'
import { garbage, type HttpReply, hangUp, silence, startScriptedHttp } from '../support/scripted-mail-http.ts'
import type { ScriptedMail } from '../support/scripted-mail-log.ts'
import { type SmtpReply, startScriptedSmtp } from '../support/scripted-mail-smtp.ts'
import { letTimePass } from '../support/sign-up.ts'

/** Short enough for a test, long enough for a busy machine. */
const MAIL_TIMEOUT_MS = '1500'
const TEN_MINUTES = 600
/** Of a first attempt: a second, of which a random half is taken off. */
const SOON = [0.5, 1] as const

type Failure<Reply> = {
  what: string
  /** What the service does with the first attempt; `down`: it is not there. */
  reply: Reply | 'down'
  failure: string
  reason: string
  nextInSeconds: readonly [least: number, most: number]
}

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString()

const HTTP_FAILURES: Failure<HttpReply>[] = [
  {
    what: 'refuses connections',
    reply: 'down',
    failure: 'unavailable',
    reason: 'ECONNREFUSED',
    nextInSeconds: SOON,
  },
  {
    what: 'never answers',
    reply: silence,
    failure: 'unavailable',
    reason: 'no answer in time',
    nextInSeconds: SOON,
  },
  {
    what: 'answers 500',
    reply: answerWith(500),
    failure: 'unavailable',
    reason: 'http 500',
    nextInSeconds: SOON,
  },
  {
    what: 'answers 503 with a Retry-After',
    reply: answerWith(503, { 'retry-after': '77' }),
    failure: 'unavailable',
    reason: 'http 503',
    nextInSeconds: [77, 77],
  },
  {
    what: 'answers 429',
    reply: answerWith(429),
    failure: 'rate_limited',
    reason: 'http 429',
    nextInSeconds: SOON,
  },
  {
    what: 'answers 429 with a Retry-After in seconds',
    reply: answerWith(429, { 'retry-after': '90' }),
    failure: 'rate_limited',
    reason: 'http 429',
    nextInSeconds: [90, 90],
  },
  {
    what: 'answers 429 with a Retry-After that is a date',
    reply: response => answerWith(429, { 'retry-after': inSeconds(120) })(response),
    failure: 'rate_limited',
    reason: 'http 429',
    nextInSeconds: [100, 120],
  },
  {
    what: 'accepts the mail and drops the reply',
    reply: hangUp,
    failure: 'unavailable',
    reason: 'UND_ERR_SOCKET',
    nextInSeconds: SOON,
  },
  {
    what: 'answers garbage',
    reply: garbage,
    failure: 'unavailable',
    reason: 'Response does not match the HTTP/1.1 protocol (Expected HTTP/, RTSP/ or ICE/)',
    nextInSeconds: SOON,
  },
]

const SMTP_FAILURES: Failure<SmtpReply>[] = [
  {
    what: 'refuses connections',
    reply: 'down',
    failure: 'unavailable',
    reason: 'ECONNREFUSED',
    nextInSeconds: SOON,
  },
  {
    what: 'never answers',
    reply: 'silence',
    failure: 'unavailable',
    reason: 'no answer in time',
    nextInSeconds: SOON,
  },
  {
    what: 'answers 4yz',
    reply: { code: 451, says: 'try again later' },
    failure: 'deferred',
    reason: 'smtp 451 to DATA',
    nextInSeconds: SOON,
  },
  {
    what: 'answers 421 and goes away',
    reply: { code: 421, says: 'shutting down' },
    failure: 'unavailable',
    reason: 'smtp 421 to DATA',
    nextInSeconds: SOON,
  },
  {
    what: 'is asked for too much',
    reply: { code: 454, says: 'Throttling failure: Maximum sending rate exceeded.' },
    failure: 'rate_limited',
    reason: 'smtp 454 to DATA',
    nextInSeconds: SOON,
  },
  {
    what: 'is cut off after DATA',
    reply: 'hang up',
    failure: 'unavailable',
    reason: 'ECONNECTION',
    nextInSeconds: SOON,
  },
]

/** The promises of every failure that may pass, on one app and one service. */
const describeFailures = <Reply>(
  protocol: string,
  startService: () => Promise<ScriptedMail<Reply>>,
  failures: Failure<Reply>[],
): void => {
  describe(`a mail service over ${protocol}`, () => {
    let service: ScriptedMail<Reply>
    let app: MailingApp
    before(async () => {
      service = await startService()
      app = await startMailingApp(service, { env: { MAIL_TIMEOUT_MS } })
    })
    after(async () => {
      await app.stop()
      await service.close()
    })

    /** Registers while the service fails, but never before the registration was answered. */
    const registerMeanwhile = async (reply: Reply | 'down') => {
      if (reply === 'down') {
        await service.goDown()
        return app.register()
      }
      const answered = Promise.withResolvers<void>()
      service.behave(async () => {
        await answered.promise
        return reply
      })
      const registered = await app.register()
      await service.attemptTo(registered.email)
      answered.resolve()
      return registered
    }

    for (const { what, reply, failure, reason, nextInSeconds } of failures) {
      it(`that ${what} gets the same mail again, whose code has its whole minute`, async () => {
        const person = await registerMeanwhile(reply)
        const failed = await person.line(TRYING_AGAIN, 1)
        assert.deepEqual([failed.failure, failed.reason], [failure, reason])
        assertBetween(failed.next_in_seconds, nextInSeconds)

        const since = await app.now()
        service.behave(() => service.accept)
        if (reply === 'down') await service.comeBack()
        await letTimePass(app, TEN_MINUTES)
        await person.line(HANDED_OVER)
        await assertWholeMinute(app, person, since)

        const [first, ...again] = service.attemptsTo(person.email)
        assert.ok(first)
        for (const { code, key } of again)
          assert.deepEqual({ code, key }, { code: first.code, key: first.key })
        assert.ok(again.length > 0 || reply === 'down')
        await letTimePass(app, 30)
        assert.equal((await app.client.activate(person.email, first.code)).status, 200)
      })
    }
  })
}

describeFailures('HTTP', startScriptedHttp, HTTP_FAILURES)
describeFailures('SMTP', startScriptedSmtp, SMTP_FAILURES)
