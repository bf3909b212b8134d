import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StandIns } from '../../src/app.ts'
import { createKeyring } from '../../src/infrastructure/crypto/keyring.ts'
import { codeIn, type RunningApp, startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { assertProblem } from '../support/problems.ts'
import { exhaust, letTimePass, otherThan, settledCode, signUp } from '../support/sign-up.ts'

const OLD = 'the-key-before-the-rotation-of-the-tests'
const NEW = 'the-key-after-the-rotation-of-the-tests!'
const WRONG = 'Wrong-Horse-7'

const databases: TestDatabase[] = []
/** A database that no other test knows. It is dropped in the end, which fails if a connection was left open. */
const newDatabase = async (): Promise<TestDatabase> => {
  const database = await createDatabase()
  databases.push(database)
  return database
}
after(() => Promise.all(databases.map(database => database.drop())))

type Keys = { key: string; previous?: string }

/** Runs an instance with these keys for as long as the work takes. */
const withKeys = async <T>(
  database: TestDatabase,
  { key, previous }: Keys,
  work: (app: RunningApp) => Promise<T>,
  standIns: StandIns = {},
): Promise<T> => {
  const env = { SECRET_KEY: key, ...(previous !== undefined && { SECRET_KEY_PREVIOUS: previous }) }
  const app = await startApp({ database, standIns, env: { ...env, LIMIT_LOGIN_FAILURES_PER_DAY: '3' } })
  return work(app).finally(app.stop)
}

const BEFORE = { key: OLD }
const ROTATED = { key: NEW, previous: OLD }

const keyName = (codeId: unknown): string => String(codeId).replace(/\..*$/, '')
const nameOf = (key: string): string => keyName(createKeyring(key).newCodeId())

const onlyRow = async (database: TestDatabase, sql: string) => {
  const [row, ...more] = await database.rows(sql)
  assert.equal(more.length, 0)
  return row
}

describe('SECRET_KEY, once it was rotated with SECRET_KEY_PREVIOUS', () => {
  it('lets a code that was on its way activate, and one that was guessed at before', async () => {
    const database = await newDatabase()
    const [ada, bob] = await withKeys(database, BEFORE, async app => {
      const people = [await signUp(app), await signUp(app)] as const
      assert.equal((await guessWrong(app, people[1])).body.attempts_left, 2)
      return people
    })
    await withKeys(database, ROTATED, async app => {
      const { activate } = createClient(app.url)
      assert.equal((await activate(ada.email, ada.code)).status, 200)
      assert.equal((await guessWrong(app, bob)).body.attempts_left, 1)
      assert.equal((await activate(bob.email, bob.code)).status, 200)
    })
  })

  const guessWrong = (app: RunningApp, { email, code }: { email: string; code: string }) =>
    createClient(app.url).activate(email, otherThan(code))

  it('leaves the code of a mail that waits as it was', async () => {
    const database = await newDatabase()
    const email = newAddress()
    const tried = await withKeys(database, BEFORE, async app => {
      app.mail.behave(async () => ({ result: 'failed', failure: 'unavailable', reason: 'smtp 451' }))
      assert.equal((await createClient(app.url).register(email)).status, 201)
      await app.logLine({ msg: 'mail not handed over; trying again' })
      return app.mail.attempts[0]
    })
    assert.ok(tried)
    await database.rows('update outbox set due_at = now()')
    await withKeys(database, ROTATED, async app => {
      const code = await settledCode(app, email)
      assert.equal(code, codeIn(tried))
      assert.equal((await app.mail.mailTo(email)).id, tried.id)
      assert.equal((await createClient(app.url).activate(email, code)).status, 200)
    })
  })

  it('makes new codes, also for people who registered before', async () => {
    const database = await newDatabase()
    const { email } = await withKeys(database, BEFORE, app => signUp(app))
    const codeId = async () => (await onlyRow(database, 'select code_id from users'))?.code_id
    assert.equal(keyName(await codeId()), nameOf(OLD))
    await withKeys(database, ROTATED, async app => {
      await letTimePass(app, 31)
      const { resend, activate } = createClient(app.url)
      assert.equal((await resend(email)).status, 202)
      assert.equal(keyName(await codeId()), nameOf(NEW))
      assert.equal((await activate(email, await settledCode(app, email))).status, 200)
    })
  })

  it('leaves the budgets of an address as they are: guesses, mails and failed logins', async () => {
    const database = await newDatabase()
    const ledger = () => onlyRow(database, 'select * from address_ledger')
    const person = await withKeys(database, BEFORE, async app => {
      const person = await signUp(app)
      await exhaust(app, person)
      for (let nth = 0; nth < 2; nth += 1) await createClient(app.url).me(person.email, WRONG)
      return person
    })
    const { address_hash, ...counted } = (await ledger()) ?? {}
    assert.equal(counted.wrong_guesses, 3)
    assert.equal(counted.login_failures, 2)

    await withKeys(database, ROTATED, async app => {
      const { register, me } = createClient(app.url)
      assertProblem(await register(person.email), 'rate_limited')
      assertProblem(await me(person.email, WRONG), 'invalid_credentials')
      assertProblem(await me(person.email), 'rate_limited')
      await letTimePass(app, 31)
      const again = await register(person.email)
      assert.equal(again.status, 201)
      const { email, code } = { ...person, code: await settledCode(app, person.email) }
      assertProblem(await guessWrong(app, { email, code }), 'wrong_code', { attempts_left: 2 })
    })
    const after = await ledger()
    assert.deepEqual(after?.address_hash, address_hash)
    assert.equal(after?.wrong_guesses, 4)
    assert.equal([after?.sent_at].flat().length, 2)
  })

  it('is enough alone once an instance was started with both', async () => {
    const database = await newDatabase()
    const { email } = await withKeys(database, BEFORE, app => signUp(app))
    await withKeys(database, ROTATED, async () => {})
    await withKeys(database, { key: NEW }, async app => {
      const { resend, activate, me } = createClient(app.url)
      assertProblem(await resend(email), 'rate_limited')
      // Its code is not known any more; its password and its account are.
      assertProblem(await activate(email, '1234'), 'expired_code')
      assert.equal((await me(email, PASSWORD)).status, 200)
      await letTimePass(app, 31)
      assert.equal((await resend(email)).status, 202)
      assert.equal((await activate(email, await settledCode(app, email))).status, 200)
    })
    await assertDoesNotStart(database, BEFORE)
  })

  it('is not enough alone before that: nothing starts, and nothing has changed', async () => {
    const database = await newDatabase()
    const person = await withKeys(database, BEFORE, app => signUp(app))
    const sealed = await onlyRow(database, 'select sealed from ledger_key')
    await assertDoesNotStart(database, { key: NEW })
    await assertDoesNotStart(database, { key: NEW, previous: 'some-other-key-that-was-never-used-here' })
    assert.deepEqual(await onlyRow(database, 'select sealed from ledger_key'), sealed)
    await withKeys(database, ROTATED, async app => {
      assert.equal((await createClient(app.url).activate(person.email, person.code)).status, 200)
    })
  })

  const assertDoesNotStart = async (database: TestDatabase, keys: Keys) => {
    const starting = withKeys(database, keys, async () => {})
    await assert.rejects(starting, ({ message }: Error) => {
      assert.match(message, /SECRET_KEY_PREVIOUS/)
      for (const key of [OLD, NEW]) assert.ok(!message.includes(key))
      return true
    })
    await assertNobodyConnected(database)
  }
})

/** A connection that was closed takes its server process a moment to end; one that was left open stays. */
const assertNobodyConnected = async (database: TestDatabase) => {
  const ask = `select pid from pg_stat_activity where datname = current_database() and application_name = 'vestibule'`
  let connected = await database.rows(ask)
  for (let tries = 0; connected.length > 0 && tries < 100; tries += 1) {
    await sleep(50)
    connected = await database.rows(ask)
  }
  assert.deepEqual(connected, [])
}

describe('the rolling rotation of docs/operations.md, on two instances', () => {
  const INTRODUCED = { key: OLD, previous: NEW }

  it('keeps all budgets, whichever instance starts when, and ends with the new key alone', async () => {
    const database = await newDatabase()
    const start = (keys: Keys) => withKeys(database, keys, async app => app)
    const person = await withKeys(database, BEFORE, async app => {
      const person = await signUp(app)
      await exhaust(app, person)
      return person
    })
    for (const keys of [BEFORE, INTRODUCED, BEFORE, INTRODUCED]) await start(keys)
    for (let turn = 0; turn < 5; turn += 1) {
      await start(ROTATED)
      await start(INTRODUCED)
      await Promise.all([start(ROTATED), start(INTRODUCED), start(ROTATED), start(INTRODUCED)])
    }
    await start(ROTATED)
    await withKeys(database, { key: NEW }, async app => {
      assertProblem(await createClient(app.url).register(person.email), 'rate_limited')
      await letTimePass(app, 31)
      assert.equal((await createClient(app.url).register(person.email)).status, 201)
      await settledCode(app, person.email)
    })
    assert.equal((await onlyRow(database, 'select * from address_ledger'))?.wrong_guesses, 3)
  })

  it('lets two instances with the keys in either order activate with the codes of each other', async () => {
    const database = await newDatabase()
    await withKeys(database, INTRODUCED, one => {
      // Whichever of them mails a code, it arrives in one place.
      const { mail } = one
      const beside = async (other: RunningApp) => {
        for (const [from, to] of [[one, other] as const, [other, one] as const]) {
          const email = newAddress()
          assert.equal((await createClient(from.url).register(email)).status, 201)
          const code = await mail.codeFor(email)
          assert.equal((await createClient(to.url).activate(email, code)).status, 200)
        }
      }
      return withKeys(database, ROTATED, beside, { mailTransport: mail.transport })
    })
  })
})
