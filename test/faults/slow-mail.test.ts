import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { HandOverResult } from '../../src/application/outbox.ts'
import type { OutgoingMail } from '../../src/infrastructure/mail/transport.ts'
import { codeIn, type RunningApp, startApp } from '../support/app.ts'
import { type Client, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { assertProblem } from '../support/problems.ts'
import { exhaust, letTimePass, makeCodesLong, otherThan, settledCode } from '../support/sign-up.ts'

const ACCEPTED: HandOverResult = { result: 'accepted' }
const UNREACHABLE: HandOverResult = { result: 'failed', failure: 'unavailable', reason: 'nobody there' }

let app: RunningApp
let client: Client
before(async () => {
  app = await startApp()
  client = createClient(app.url)
})
after(() => app.stop())
afterEach(() => app.mail.behave(async () => ACCEPTED))

/** Registers with a mail service that answers when it is told to; resolves once it has been handed the mail. */
const registerWithSlowMail = async () => {
  const arrived = Promise.withResolvers<OutgoingMail>()
  const answer = Promise.withResolvers<HandOverResult>()
  const email = newAddress()
  app.mail.behave(async mail => {
    if (mail.to !== email) return ACCEPTED
    arrived.resolve(mail)
    return answer.promise
  })
  const registered = await client.register(email)
  assert.equal(registered.status, 201)
  const mail = await arrived.promise
  const settled = (msg: string) => app.logLine({ message_id: mail.id, msg })
  return { email, id: registered.body.id, mail, code: codeIn(mail), answer: answer.resolve, settled }
}

/** Registers while the mail service is out of order; resolves once the first attempt has failed. */
const registerWithoutMail = async (failure: HandOverResult = UNREACHABLE) => {
  const slow = await registerWithSlowMail()
  app.mail.behave(async () => failure)
  slow.answer(failure)
  await slow.settled('mail not handed over; trying again')
  return slow
}

const attemptsAt = (email: string): OutgoingMail[] => app.mail.attempts.filter(({ to }) => to === email)

const userOf = async (email: string) => {
  const [user] = await app.database.rows<{ code_id: string | null; code_expires_at: Date | null }>(
    'select code_id, code_expires_at from users where email = $1',
    [email],
  )
  assert.ok(user)
  return user
}

describe('a slow mail service', () => {
  it('delays no answer: 201 comes before the mail is accepted', async () => {
    const slow = await registerWithSlowMail()
    assert.equal((await client.me(slow.email)).body.is_active, false)
    assertProblem(await client.register(slow.email), 'email_taken')

    app.mail.behave(async () => ACCEPTED)
    const other = newAddress()
    await client.register(other)
    await settledCode(app, other)
    assert.equal((await userOf(slow.email)).code_expires_at, null, 'still on its way')
    slow.answer(ACCEPTED)
    await slow.settled('mail handed over')
  })

  it('leaves the code live from the moment of the hand-over, with three guesses', async () => {
    const slow = await registerWithSlowMail()
    assertProblem(await client.activate(slow.email, otherThan(slow.code)), 'wrong_code', { attempts_left: 2 })
    assert.equal((await client.activate(slow.email, slow.code)).status, 200)

    slow.answer(ACCEPTED)
    await slow.settled('mail handed over')
    assert.equal((await client.me(slow.email)).body.is_active, true)
    assert.deepEqual(await userOf(slow.email), { code_id: null, code_expires_at: null })
  })

  it('takes nothing from the minute, which starts when it accepts', async () => {
    const slow = await registerWithSlowMail()
    await app.database.rows(`update outbox set created_at = created_at - interval '10 minutes'`)
    await app.database.rows(`update users set created_at = created_at - interval '10 minutes'`)
    const [before] = await app.database.rows<{ now: Date }>('select clock_timestamp() as now')
    slow.answer(ACCEPTED)
    await slow.settled('mail handed over')
    const [minute] = await app.database.rows<{ whole: boolean; over: boolean }>(
      `select
         code_expires_at >= $2::timestamptz + interval '60 seconds' as whole,
         code_expires_at > clock_timestamp() + interval '60 seconds' as over
       from users where email = $1`,
      [slow.email, before?.now],
    )
    assert.deepEqual(minute, { whole: true, over: false })

    await letTimePass(app, 30)
    assert.equal((await client.activate(slow.email, slow.code)).status, 200)
  })

  it('does not start the minute of a code that has replaced the one it was given', async () => {
    const slow = await registerWithSlowMail()
    const second = Promise.withResolvers<OutgoingMail>()
    const never = Promise.withResolvers<HandOverResult>()
    app.mail.behave(mail => {
      second.resolve(mail)
      return never.promise
    })
    await app.database.rows(`update address_ledger set sent_at = '{}', wrong_guesses = 100`)
    assert.equal((await client.resend(slow.email)).status, 202)
    const newCode = codeIn(await second.promise)

    slow.answer(ACCEPTED)
    await slow.settled('mail handed over')
    assert.equal((await userOf(slow.email)).code_expires_at, null)
    assertProblem(await client.activate(slow.email, slow.code), 'wrong_code', { attempts_left: 2 })
    assert.equal((await client.activate(slow.email, newCode)).status, 200)
    never.resolve(ACCEPTED)
  })
})

describe('a mail service that fails', () => {
  it('is tried again later, with the same code and the same id; the code has its whole minute then', async () => {
    const { email, mail } = await registerWithoutMail()
    const [waiting] = await app.database.rows(
      `select attempts, last_failure, due_at > now() - interval '1 minute' and due_at <= now() + interval '1 second' as soon
       from outbox where id = $1`,
      [mail.id],
    )
    assert.deepEqual(waiting, { attempts: 1, last_failure: 'nobody there', soon: true })

    const again = Promise.withResolvers<void>()
    app.mail.behave(async () => {
      if (attemptsAt(email).length < 3) return UNREACHABLE
      again.resolve()
      return ACCEPTED
    })
    await again.promise
    const code = await settledCode(app, email)
    const attempts = attemptsAt(email)
    assert.equal(attempts.length, 3)
    for (const attempt of attempts) assert.deepEqual(attempt, mail)

    await letTimePass(app, 30)
    assert.equal((await client.activate(email, code)).status, 200)
  })

  it('is left alone for as long as its Retry-After says', async () => {
    const { email, mail } = await registerWithoutMail({ ...UNREACHABLE, retryAfterSeconds: 600 })
    const [due] = await app.database.rows<{ seconds: number }>(
      'select extract(epoch from due_at - clock_timestamp())::float8 as seconds from outbox where id = $1',
      [mail.id],
    )
    assert.ok(due && due.seconds > 500 && due.seconds <= 600)

    app.mail.behave(async () => ACCEPTED)
    await letTimePass(app, 600)
    await settledCode(app, email)
    assert.equal(attemptsAt(email).length, 2)
  })

  it('leaves the code that it may have mailed live, and the address taken, between two attempts', async () => {
    const { email, code } = await registerWithoutMail({ ...UNREACHABLE, retryAfterSeconds: 600 })
    await letTimePass(app, 300)
    assertProblem(await client.register(email), 'email_taken')
    assert.equal((await client.activate(email, code)).status, 200)
  })

  it('kills the code, which answers expired_code, when it will never accept the mail; the address can be registered again', async () => {
    const slow = await registerWithSlowMail()
    slow.answer({ result: 'failed', failure: 'refused', reason: 'no such mailbox' })
    await slow.settled('mail given up')
    assert.equal((await userOf(slow.email)).code_id, null)
    assert.deepEqual(await app.database.rows('select id from outbox where id = $1', [slow.mail.id]), [])
    assertProblem(await client.activate(slow.email, slow.code), 'expired_code')

    app.mail.behave(async () => ACCEPTED)
    await letTimePass(app, 31)
    assert.equal((await client.register(slow.email, 'Another-Horse-8')).status, 201)
    const code = await settledCode(app, slow.email)
    assert.equal((await client.activate(slow.email, code, 'Another-Horse-8')).status, 200)
    assert.equal(attemptsAt(slow.email).length, 2)
  })

  it('gets one more attempt when a mail is an hour old, and no other: the code answers expired_code', async () => {
    const { email, code, settled } = await registerWithoutMail({ ...UNREACHABLE, retryAfterSeconds: 3500 })
    await letTimePass(app, 3601)
    await settled('mail given up')
    assert.equal(attemptsAt(email).length, 2)
    assertProblem(await client.activate(email, code), 'expired_code')
    assert.equal((await client.resend(email)).status, 202)
  })

  it('gets no mail that nobody waits for any more: its account was activated', async () => {
    const { email, code, settled } = await registerWithoutMail({ ...UNREACHABLE, retryAfterSeconds: 600 })
    app.mail.behave(async () => ACCEPTED)
    assert.equal((await client.activate(email, code)).status, 200)
    await letTimePass(app, 600)
    await settled('mail dropped: nobody waits for it')
    assert.equal(attemptsAt(email).length, 1)
    assert.equal((await client.me(email)).body.is_active, true)
  })

  it('gets no mail that nobody waits for any more: its code was replaced', async () => {
    const { email, mail, settled } = await registerWithoutMail({ ...UNREACHABLE, retryAfterSeconds: 600 })
    app.mail.behave(async () => ACCEPTED)
    await letTimePass(app, 31)
    await makeCodesLong(app)
    assert.equal((await client.resend(email)).status, 202)
    const code = await settledCode(app, email)
    await app.database.rows('update outbox set due_at = now() where id = $1', [mail.id])
    await settled('mail dropped: nobody waits for it')

    const [, second, ...more] = attemptsAt(email)
    assert.deepEqual(more, [])
    assert.notEqual(second?.id, mail.id)
    assert.equal((await client.activate(email, code)).status, 200)
  })

  it('gets no mail that nobody waits for any more: its registration was replaced', async () => {
    const { id, email, mail, code, settled } = await registerWithoutMail({
      ...UNREACHABLE,
      retryAfterSeconds: 600,
    })
    app.mail.behave(async () => ACCEPTED)
    await exhaust(app, { id: String(id), email, password: PASSWORD, code })
    await letTimePass(app, 31)
    assert.equal((await client.register(email, 'Another-Horse-8')).status, 201)
    const newCode = await settledCode(app, email)
    await app.database.rows('update outbox set due_at = now() where id = $1', [mail.id])
    await settled('mail dropped: nobody waits for it')

    assert.equal(attemptsAt(email).length, 2)
    assert.equal((await client.activate(email, newCode, 'Another-Horse-8')).status, 200)
  })
})
