import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { codeIn, type RunningApp, startApp, TEST_SECRET_KEY } from '../support/app.ts'
import { basicAuth, type Client, createClient, newAddress } from '../support/client.ts'
import { type RunningCommand, scratchFolder, serve } from '../support/command.ts'
import { clockOffBy, noFaketime } from '../support/faketime.ts'
import { assertProblem, retryAfter } from '../support/problems.ts'
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts'
import { CHEAP_HASHES } from '../support/settings.ts'

const SECRET = `whsec_${Buffer.from('a secret for tests and only for them').toString('base64')}`
const PEOPLE = 24
const SKEW_SECONDS = 300

type Event = { id: string; type: string; subject: string; time: string }

for (const [offset, seconds] of [
  ['-5m', -SKEW_SECONDS],
  ['+5m', SKEW_SECONDS],
] as const) {
  describe(`an instance whose clock is off by ${offset}, beside one that is right`, {
    skip: noFaketime,
  }, () => {
    let right: RunningApp
    let wrong: RunningCommand
    let folder: string
    let receiver: Receiver
    let clients: [Client, Client]
    let begun: Date
    /** Holds the answers to these people's mails back until they are called. */
    const held = new Map<string, () => void>()

    before(async () => {
      receiver = await startReceiver((response, { body }) => {
        const accept = () => void response.writeHead(202).end()
        const { to } = JSON.parse(body)
        if (held.has(to)) held.set(to, accept)
        else accept()
      })
      const env = {
        ...CHEAP_HASHES,
        MAIL_TRANSPORT: 'http',
        MAIL_HTTP_PROVIDER: 'webhook',
        MAIL_HTTP_URL: `${receiver.url}/mails`,
        EVENT_PUBLISHER: 'webhook',
        WEBHOOK_URL: `${receiver.url}/events`,
        WEBHOOK_SECRET: SECRET,
        LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '0',
      }
      right = await startApp({ env, realMail: true })
      folder = await scratchFolder()
      wrong = await serve(folder, {
        ...env,
        ...clockOffBy(offset),
        DATABASE_URL: right.database.url,
        PUBLIC_URL: 'http://localhost:8000',
        SECRET_KEY: TEST_SECRET_KEY,
      })
      clients = [createClient(right.url), createClient(wrong.api)]
      begun = await databaseTime()
    })
    after(async () => {
      await wrong.end('SIGTERM')
      await right.stop()
      await receiver.close()
      await rm(folder, { recursive: true })
    })

    const databaseTime = async (): Promise<Date> =>
      (await right.database.rows<{ now: Date }>('select clock_timestamp() as now'))[0]?.now as Date
    const turns = (n: number): Client => clients[n % 2] as Client
    const mailsTo = (email: string): { text: string }[] =>
      receiver.received
        .filter(({ path }) => path === '/mails')
        .map(({ body }) => JSON.parse(body))
        .filter(({ to }) => to === email)
    const mailTo = async (email: string) => {
      await receiver.until(() => mailsTo(email).length > 0)
      return mailsTo(email)[0] as { text: string }
    }
    const expiryOf = async (email: string): Promise<Date | null> =>
      (
        await right.database.rows<{ code_expires_at: Date | null }>(
          'select code_expires_at from users where email = $1',
          [email],
        )
      )[0]?.code_expires_at ?? null
    const settledExpiryOf = async (email: string): Promise<Date> => {
      for (;;) {
        const expiry = await expiryOf(email)
        if (expiry) return expiry
      }
    }

    it('really has another time', async () => {
      const { headers } = await turns(1).ask('GET', '/health/live')
      const off = (Date.parse(headers.get('date') ?? '') - Date.now()) / 1000
      assert.ok(Math.abs(off - seconds) < SKEW_SECONDS / 2, `${off} s`)
    })

    it('shares the work: each mail leaves once, each code activates at either of them, for its minute', async () => {
      const people = Array.from({ length: PEOPLE }, newAddress)
      await Promise.all(
        people.map(async (email, n) => {
          const before = await databaseTime()
          assert.equal((await turns(n).register(email)).status, 201)
          const mail = await mailTo(email)
          const expiry = await settledExpiryOf(email)
          const settled = await databaseTime()
          assert.ok(expiry.getTime() > before.getTime() + 60_000, 'too early')
          assert.ok(expiry.getTime() <= settled.getTime() + 60_000, 'too late')
          const { body } = await turns(n + 1).ask('GET', '/users/me/code', {
            headers: { authorization: basicAuth(email) },
          })
          assert.ok(Number(body.expires_in) > 0 && Number(body.expires_in) <= 60, `${body.expires_in} s`)
          assert.equal((await turns(n + 1).activate(email, codeIn(mail))).status, 200)
        }),
      )
      for (const email of people) assert.equal(mailsTo(email).length, 1)
    })

    it('answers expired_code once the minute is over, and 200 until then', async () => {
      const [late, early] = [newAddress(), newAddress()]
      for (const [email, left] of [
        [late, '-1 second'],
        [early, '20 seconds'],
      ] as const) {
        assert.equal((await turns(0).register(email)).status, 201)
        await settledExpiryOf(email)
        await right.database.rows(
          'update users set code_expires_at = now() + $2::interval where email = $1',
          [email, left],
        )
      }
      assertProblem(await turns(1).activate(late, codeIn(await mailTo(late))), 'expired_code')
      assert.equal((await turns(1).activate(early, codeIn(await mailTo(early)))).status, 200)
    })

    it('holds what it has claimed for a lease, no shorter and no longer, and starts the minute at its end', async () => {
      const people = Array.from({ length: PEOPLE }, newAddress)
      for (const email of people) held.set(email, () => {})
      await Promise.all(people.map((email, n) => turns(n).register(email)))
      await Promise.all(people.map(mailTo))
      const leases = await right.database.rows<{ seconds: number }>(
        `select extract(epoch from due_at - now())::float8 as seconds
         from outbox join users on users.id = user_id where topic = 'mail' and email = any($1)`,
        [people],
      )
      assert.equal(leases.length, PEOPLE)
      for (const lease of leases) assert.ok(lease.seconds > 0 && lease.seconds <= 10, `${lease.seconds} s`)
      const released = await databaseTime()
      for (const email of people) {
        held.get(email)?.()
        held.delete(email)
      }
      for (const email of people) {
        const expiry = await settledExpiryOf(email)
        assert.ok(expiry.getTime() > released.getTime() + 59_000, 'too early')
        assert.equal(mailsTo(email).length, 1)
      }
    })

    it('counts sends and failed logins together with the other instance', async () => {
      const email = newAddress()
      assert.equal((await turns(0).register(email)).status, 201)
      await mailTo(email)
      for (const n of [0, 1]) {
        const refused = await turns(n).resend(email)
        assert.equal(refused.status, 429)
        assert.ok(retryAfter(refused) > 0 && retryAfter(refused) <= 30)
      }
      for (let n = 0; n < 10; n += 1) assert.equal((await turns(1).me(email, 'Wrong-Horse-77')).status, 401)
      const limited = await turns(1).me(email, 'Wrong-Horse-77')
      assert.equal(limited.status, 429)
      assert.ok(retryAfter(limited) > 0 && retryAfter(limited) <= 900)
    })

    it('publishes events with the time of the database, once and in order, signed when they were sent', async () => {
      await receiver.until(() => eventsIn(receiver.received).filter(isActivation).length > PEOPLE)
      const received = [...receiver.received]
      const ended = await databaseTime()
      const published = eventsIn(received)
      assert.equal(new Set(published.map(({ id }) => id)).size, published.length)
      for (const { time } of published) assert.ok(isWithin(new Date(time), begun, ended), time)
      for (const { subject } of published.filter(isActivation)) {
        const types = published.filter(event => event.subject === subject).map(({ type }) => type)
        assert.deepEqual(types, ['user.registered.v1', 'user.activated.v1'])
      }
      // Receivers refuse what seems to have been signed too long ago, or to come from the future.
      const webhook = new Webhook(SECRET)
      const second = new Date(Math.floor(begun.getTime() / 1000) * 1000)
      for (const { headers, body } of received) {
        webhook.verify(body, headers as Record<string, string>)
        const signed = new Date(Number(headers['webhook-timestamp']) * 1000)
        assert.ok(isWithin(signed, second, ended), signed.toISOString())
      }
    })
  })
}

const eventsIn = (received: ReceivedRequest[]): Event[] =>
  received.filter(({ path }) => path === '/events').map(({ body }) => JSON.parse(body))

const isActivation = ({ type }: Event): boolean => type === 'user.activated.v1'

const isWithin = (time: Date, from: Date, to: Date): boolean => time >= from && time <= to
