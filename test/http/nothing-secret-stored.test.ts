import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { codeIn, type RunningApp, startApp, TEST_SECRET_KEY } from '../support/app.ts'
import { basicAuth, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { disguisesOf, dumpOf, hashesOf, leaksIn } from '../support/leaks.ts'
import { letTimePass, makeCodesLong, otherThan } from '../support/sign-up.ts'

const NEW_SECRET_KEY = 'another-key-for-tests-and-for-nothing-but-tests'

/** Passwords that would look different in JSON, in a URL, in base64 of another alphabet. */
const PASSWORDS = {
  active: 'Geheim-&-"quoted"-7',
  pending: 'Very: secret 🔑 Words',
  replaced: 'Before-It-Was-Replaced-7',
  replacing: 'After/It+Was?Replaced=7',
  stuck: 'Nobody-Gets-My-Mail-7',
  hidden: 'Hidden-Horse-7~~~',
  rejected: 'too-short',
  wrong: 'Wrong-Horse-7',
}

describe('what is stored and logged', () => {
  let database: TestDatabase
  let dump: string
  let logged = ''
  const secrets = new Set<string>([TEST_SECRET_KEY, NEW_SECRET_KEY, PASSWORD, ...Object.values(PASSWORDS)])
  /** Those with 8 digits may be looked for anywhere; 4 digits occur in many an id and a time. */
  const longCodes = new Set<string>()
  const shortCodes = new Set<string>()

  const start = (env: Record<string, string>): Promise<RunningApp> => {
    const lines = new Writable({
      write: (chunk, _encoding, done) => {
        logged += chunk
        done()
      },
    })
    return startApp({ database, env, standIns: { log: pino({ level: 'trace' }, lines) } })
  }

  const remember = ({ mail }: RunningApp): void => {
    for (const attempt of mail.attempts.filter(({ subject }) => subject === 'Your activation code')) {
      const code = codeIn(attempt)
      const codes = code.length === 8 ? longCodes : shortCodes
      codes.add(code)
    }
  }

  /** Asks for a code of 8 digits, in place of the one there is. */
  const resendLong = async (app: RunningApp, email: string, password: string): Promise<string> => {
    await letTimePass(app, 31)
    await makeCodesLong(app)
    assert.equal((await createClient(app.url).resend(email, password)).status, 202)
    return app.mail.codeFor(email, 2)
  }

  const failLogins = async (app: RunningApp, email: string): Promise<void> => {
    const client = createClient(app.url)
    secrets.add(basicAuth(email, PASSWORDS.wrong).slice('Basic '.length))
    for (const address of [email, newAddress()]) {
      assert.equal((await client.me(address, PASSWORDS.wrong)).status, 401)
      assert.equal((await client.activate(address, '0000', PASSWORDS.wrong)).status, 401)
    }
  }

  const openRun = async (): Promise<{ active: string }> => {
    const app = await start({})
    const client = createClient(app.url)
    const register = async (password: string): Promise<string> => {
      const email = newAddress()
      secrets.add(basicAuth(email, password).slice('Basic '.length))
      assert.equal((await client.register(email, password)).status, 201)
      await app.mail.codeFor(email)
      return email
    }
    const active = await register(PASSWORDS.active)
    const pending = await register(PASSWORDS.pending)
    const replaced = await register(PASSWORDS.replaced)
    const stuck = await register(PASSWORDS.stuck)
    assert.equal((await client.register(newAddress(), PASSWORDS.rejected)).status, 422)

    const guessed = await resendLong(app, active, PASSWORDS.active)
    for (const code of [otherThan(guessed), guessed.slice(0, 4)]) {
      assert.equal((await client.activate(active, code, PASSWORDS.active)).body.code, 'wrong_code')
    }
    assert.equal((await client.activate(active, guessed, PASSWORDS.active)).status, 200)
    await resendLong(app, pending, PASSWORDS.pending)
    await failLogins(app, active)

    await letTimePass(app, 61)
    await makeCodesLong(app)
    assert.equal((await client.register(replaced, PASSWORDS.replacing)).status, 201)
    await app.mail.codeFor(replaced, 2)

    // Stuck: its mail is refused for now and stays in the outbox.
    const refused = Promise.withResolvers<void>()
    app.mail.behave(async ({ to }) => {
      if (to === stuck) refused.resolve()
      return { result: 'failed', failure: 'unavailable', reason: 'come again later', retryAfterSeconds: 1000 }
    })
    assert.equal((await client.resend(stuck, PASSWORDS.stuck)).status, 202)
    await refused.promise
    await app.stop()
    remember(app)
    return { active }
  }

  const hiddenRun = async (active: string): Promise<void> => {
    const rotated = { SECRET_KEY: NEW_SECRET_KEY, SECRET_KEY_PREVIOUS: TEST_SECRET_KEY }
    const app = await start({ HIDE_REGISTERED_EMAILS: 'true', ARGON2_MEMORY_KIB: '16', ...rotated })
    const client = createClient(app.url)
    await letTimePass(app, 61)
    const fresh = newAddress()
    for (const email of [active, fresh]) {
      assert.equal((await client.register(email, PASSWORDS.hidden)).status, 202)
    }
    assert.equal((await app.mail.mailTo(active)).subject, 'You already have an account')
    await app.mail.codeFor(fresh)
    assert.equal((await client.me(active, PASSWORDS.active)).status, 200)
    await resendLong(app, fresh, PASSWORDS.hidden)
    await app.stop()
    remember(app)
  }

  before(async () => {
    database = await createDatabase()
    const { active } = await openRun()
    await hiddenRun(active)
    dump = await dumpOf(database)
  })
  after(() => database.drop())

  it('there is something to find: 9 codes, rows in every table, every kind of line in the log', async () => {
    assert.ok(longCodes.size >= 5 && shortCodes.size >= 4, `${longCodes.size} and ${shortCodes.size} codes`)
    for (const table of ['users', 'outbox', 'address_ledger', 'ledger_key']) {
      assert.match(dump, new RegExp(`table ${table}\n\\{`), 'it has rows')
    }
    assert.match(dump, /come again later/, 'a mail is stuck in the outbox')
    assert.match(dump, /m=16,t=1,/, 'a hash was renewed')
    assert.match(logged, /"audit":"replaced"/)
    assert.match(logged, /"audit":"reminder_sent"/)
    assert.match(logged, /"audit":"credentials_refused"/)
  })

  it('no table holds a code, a password or a key, in any form', () => {
    assert.deepEqual(leaksIn(dump, [...secrets, ...longCodes]), [])
    assert.deepEqual(leaksIn(dump, shortCodes, hashesOf), [])
  })

  it('no line of the log holds a code, a password or a key, in any form', () => {
    assert.deepEqual(leaksIn(logged, [...secrets, ...longCodes]), [])
    assert.deepEqual(leaksIn(logged, shortCodes, hashesOf), [])
  })

  it('the log holds no address but in published events', () => {
    const lines = logged
      .trimEnd()
      .split('\n')
      .filter(line => !('event' in JSON.parse(line)))
    assert.deepEqual(
      lines.filter(line => line.includes('@example.com')),
      [],
    )
  })

  it('the ledger and the audit log hold no hash of an address that is made without the key', async () => {
    const emails = (await database.rows<{ email: string }>('select email from users')).map(
      ({ email }) => email,
    )
    const ledger = dump.slice(dump.indexOf('table address_ledger'), dump.indexOf('table ledger_key'))
    assert.ok(emails.length >= 5 && ledger.includes('address_hash'))
    assert.deepEqual(leaksIn(ledger, emails), [])
    assert.deepEqual(leaksIn(logged, emails, hashesOf), [])
  })

  it('a secret is found in any column, in any form, if there is one', async () => {
    const [code = ''] = longCodes
    const forms = disguisesOf(code)
    await database.rows('create table planted (plain text, bytes bytea, document jsonb, list text[])')
    for (const form of forms) {
      for (const column of ['plain', 'bytes', 'document', 'list']) {
        const value = { bytes: Buffer.from(code), document: JSON.stringify({ deep: [form] }), list: [form] }
        await database.rows('truncate planted')
        await database.rows(`insert into planted (${column}) values ($1)`, [
          Reflect.get(value, column) ?? form,
        ])
        assert.deepEqual(leaksIn(await dumpOf(database), [code]), [code], `${form} in ${column}`)
      }
    }
    await database.rows('drop table planted')
  })
})
