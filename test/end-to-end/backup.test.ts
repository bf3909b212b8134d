import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { codeIn, type RunningApp, startApp } from '../support/app.ts'
import {
  type BackedUpPostgres,
  noDump,
  startCopiedPostgres,
  startDumpedPostgres,
} from '../support/backups.ts'
import { createClient, newAddress } from '../support/client.ts'
import { createNews } from '../support/news.ts'
import { assertProblem } from '../support/problems.ts'
import { exhaust, type Pending, signUp, signUpActive } from '../support/sign-up.ts'

const CLIENTS = 6
/** How many activations before the backup, and how many after it. */
const ENOUGH = 20

type Way = [name: string, start: () => Promise<BackedUpPostgres>, skip: string | false]
const WAYS: Way[] = [
  ['pg_dump and pg_restore', startDumpedPostgres, noDump],
  ['a copy of the files and of the log', startCopiedPostgres, false],
]

for (const [name, start, skip] of WAYS) {
  describe(`a backup taken under load and restored: ${name}`, { skip, timeout: 180_000 }, () => {
    let server: BackedUpPostgres
    let original: RunningApp
    let stopped = false
    let restored: RunningApp
    let pool: pg.Pool
    let load: ReturnType<typeof startLoad>
    /** All that was acknowledged before the backup began. */
    let known: { registered: Map<string, string>; activated: Pending[] }
    let pending: Pending
    let exhausted: Pending
    let waiting: string
    /** Addresses of those who were active in the backup, with what is known of them there. */
    let active: { id: string; email: string }[]

    before(async () => {
      server = await start()
      original = await startOn(server.url)
      original.mail.behave(async ({ to }) =>
        to.startsWith('late-')
          ? { result: 'failed', failure: 'deferred', reason: 'http 409', retryAfterSeconds: 1000 }
          : { result: 'accepted' },
      )
      load = startLoad(original)
      waiting = `late-${newAddress()}`
      assert.equal((await createClient(original.url).register(waiting)).status, 201)
      await original.logLine({ msg: 'mail not handed over; trying again' })
      pending = await signUp(original)
      exhausted = await signUp(original)
      await exhaust(original, exhausted)
      await load.untilActivated(ENOUGH)

      known = { registered: new Map(load.registered), activated: [...load.activated] }
      await server.backUp()
      await load.untilActivated(known.activated.length + ENOUGH)
      await load.stop()
      await original.stop()
      stopped = true

      const url = await server.restore()
      pool = new pg.Pool({ connectionString: url })
      active = (await pool.query('select id, email from users where activated_at is not null')).rows
      await pool.query(`update outbox set due_at = now() where topic = 'mail'`)
      restored = await startOn(url, pool)
    })
    after(async () => {
      await load?.stop()
      if (!stopped) await original?.stop()
      await restored?.stop()
      await pool?.end()
      await server?.stop()
    })

    it('holds everything that was acknowledged before it began', async () => {
      assert.deepEqual(load.unexpected, [])
      const { rows } = await pool.query<{ id: string; email: string }>('select id, email from users')
      const stored = new Map(rows.map(({ id, email }) => [email, id]))
      assert.deepEqual(
        [...known.registered].filter(([email, id]) => stored.get(email) !== id),
        [],
      )
      for (const { email } of known.activated) {
        assert.ok(
          active.some(user => user.email === email),
          email,
        )
        assert.equal((await createClient(restored.url).me(email)).body.is_active, true)
      }
    })

    it('activates with a code that was on its way, once', async () => {
      const { activate } = createClient(restored.url)
      assert.equal((await activate(pending.email, pending.code)).status, 200)
      assertProblem(await activate(pending.email, pending.code), 'already_active')
    })

    it('keeps exhausted codes exhausted', async () => {
      const { activate } = createClient(restored.url)
      assertProblem(await activate(exhausted.email, exhausted.code), 'exhausted_code')
    })

    it('hands over a mail that waited under the same id, with the same code, which activates', async () => {
      const mail = await restored.mail.mailTo(waiting)
      const tried = original.mail.attempts.find(({ to }) => to === waiting)
      assert.deepEqual([mail.id, codeIn(mail)], [tried?.id, codeIn(tried ?? mail)])
      assert.equal((await createClient(restored.url).activate(waiting, codeIn(mail))).status, 200)
    })

    it('activates nobody again, and publishes each user.activated under one id', async () => {
      for (const { email, code } of known.activated.slice(0, ENOUGH)) {
        assertProblem(await createClient(restored.url).activate(email, code), 'already_active')
      }
      const left = async () => (await pool.query(`select from outbox where topic = 'event'`)).rows.length
      while ((await left()) > 0) await new Promise(resolve => setTimeout(resolve, 50))
      const events = [...original.logged, ...restored.logged]
        .filter(({ msg }) => msg === 'user.activated')
        .map(({ event }) => event as { id: string; subject: string })
      assert.ok(active.length >= known.activated.length)
      for (const { id } of active) {
        const ids = new Set(events.filter(({ subject }) => subject === id).map(event => event.id))
        assert.equal(ids.size, 1, id)
      }
    })

    const startOn = (url: string, known?: pg.Pool): Promise<RunningApp> => {
      const rows = async (sql: string, values?: unknown[]) => (await known?.query(sql, values))?.rows ?? []
      return startApp({
        database: { url, rows: rows as RunningApp['database']['rows'], drop: async () => {} },
        // It is restored long after the minute is over.
        env: { CODE_TTL_SECONDS: '3600' },
      })
    }
  })
}

/** People who register and activate, one after the other, each client until it is stopped. */
const startLoad = (app: RunningApp) => {
  const registered = new Map<string, string>()
  const activated: Pending[] = []
  const unexpected: unknown[] = []
  const { tell, until } = createNews()
  let loading = true

  const clients = Array.from({ length: CLIENTS }, async () => {
    while (loading) {
      try {
        const person = await signUpActive(app)
        registered.set(person.email, person.id)
        activated.push(person)
        // Somebody who never looks at the mail.
        const { email, id } = await signUp(app)
        registered.set(email, id)
      } catch (error) {
        unexpected.push(error)
        loading = false
      }
      tell()
    }
  })

  return {
    registered,
    activated,
    unexpected,
    untilActivated: (count: number): Promise<void> =>
      until(() => activated.length >= count || unexpected.length > 0),
    stop: async () => {
      loading = false
      await Promise.all(clients)
    },
  }
}
