import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { migrateUp } from '../../src/infrastructure/postgres/migrate.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Answer, createClient, newAddress } from '../support/client.ts'
import { noPgBouncer, type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts'
import { assertProblem } from '../support/problems.ts'
import { type ReplicatedPostgres, startReplicatedPostgres } from '../support/replication.ts'
import { settledCode, signUp, signUpActive } from '../support/sign-up.ts'

/** Fewer than either instance would take by itself. */
const SERVER_CONNECTIONS = 3
const RACERS = 16

describe('two instances behind PgBouncer in transaction mode', { skip: noPgBouncer }, () => {
  let servers: ReplicatedPostgres
  let bouncer: PgBouncer
  const instances: RunningApp[] = []
  let one: RunningApp
  let other: RunningApp
  before(async () => {
    servers = await startReplicatedPostgres()
    await migrateUp(servers.primaryUrl)
    await servers.rows(`alter role vestibule set statement_timeout = '5s'`)
    bouncer = await startPgBouncer(servers.primaryUrl, { default_pool_size: `${SERVER_CONNECTIONS}` })
    const started = async () =>
      startApp({
        database: { url: bouncer.url, rows: servers.rows, drop: async () => {} },
        env: {
          MIGRATE_ON_START: 'false',
          DATABASE_PREPARED_STATEMENTS: 'false',
          LIMIT_SEND_SPACING_SECONDS: '0',
        },
      })
    ;[one, other] = await Promise.all([started(), started()])
    instances.push(one, other)
  })
  after(async () => {
    await Promise.all(instances.map(instance => instance.stop()))
    await bouncer.stop()
    await servers.stop()
  })

  /** The client of one instance, then of the other. */
  const turns = (n: number) => createClient((n % 2 === 0 ? one : other).url)
  /** Waits for the mail, whichever instance hands it over. */
  const code = (email: string, nth?: number): Promise<string> =>
    Promise.any(instances.map(app => settledCode(app, email, nth)))

  it('register, resend and activate, at either of them', async () => {
    const email = newAddress()
    assert.equal((await turns(0).register(email)).status, 201)
    assert.equal((await turns(1).register(email)).body.code, 'email_taken')
    const first = await code(email)
    assert.equal((await turns(1).resend(email)).status, 202)
    const mailedBy = await Promise.any(
      instances.flatMap(app => [1, 2].map(async nth => otherCode(app, email, first, nth))),
    )
    assert.equal((await turns(0).activate(email, mailedBy)).status, 200)
    assert.equal((await turns(1).activate(email, mailedBy)).body.code, 'already_active')
    assert.equal((await turns(0).me(email)).body.is_active, true)
    assert.equal((await turns(1).me(email, 'Wrong-Horse-77')).status, 401)
    assert.equal((await turns(0).ask('GET', '/health/ready')).status, 200)
  })

  it('register and activate an address once when many try at once', async () => {
    const email = newAddress()
    const racers = Array.from({ length: RACERS }, (_, n) => turns(n))
    const registered = await Promise.all(racers.map(client => client.register(email)))
    assert.deepEqual(statuses(registered), { 201: 1, 409: RACERS - 1 })
    const typed = await code(email)
    const activated = await Promise.all(racers.map(client => client.activate(email, typed)))
    assert.equal(statuses(activated)[200], 1)
    assert.deepEqual(await servers.rows('select from users where email = $1', [email]).then(count), 1)
  })

  it('mail each registration once, over fewer connections than they have themselves', async () => {
    const addresses = Array.from({ length: 120 }, newAddress)
    let most = 0
    let counting = true
    const counted = (async () => {
      while (counting) {
        const sessions = await servers.rows(
          `select from pg_stat_activity where backend_type = 'client backend' and application_name = 'vestibule'`,
        )
        most = Math.max(most, sessions.length)
      }
    })()
    for (let at = 0; at < addresses.length; at += 30) {
      const answers = await Promise.all(
        addresses.slice(at, at + 30).map((email, n) => turns(n).register(email)),
      )
      assert.deepEqual(statuses(answers), { 201: 30 })
    }
    await Promise.all(addresses.map(email => code(email)))
    counting = false
    await counted
    assert.ok(most <= SERVER_CONNECTIONS, `${most} connections`)
    const mailed = instances.flatMap(({ mail }) => mail.attempts.map(({ to }) => to))
    for (const email of addresses) assert.equal(mailed.filter(to => to === email).length, 1)
  })

  it('end a statement that takes longer than DATABASE_TIMEOUT_MS', async () => {
    const client = new pg.Client({ connectionString: bouncer.url })
    await client.connect()
    const { rows } = await client.query('show statement_timeout')
    await client.end()
    assert.equal(rows[0].statement_timeout, '5s')
  })

  for (const [what, kill, restart] of [
    ['PgBouncer', () => bouncer.kill(), () => bouncer.restart()],
    ['PostgreSQL', () => servers.crashPrimary(), () => servers.restartPrimary()],
  ] as const) {
    it(`answer 503 while ${what} is away, lose nothing, and go on when it is back`, async () => {
      const person = await signUp(one)
      const active = await signUpActive(other)
      await kill()
      const refused = await Promise.all([
        turns(0).register(newAddress()),
        turns(1).me(active.email),
        turns(0).activate(person.email, person.code),
        turns(1).ask('GET', '/health/ready'),
      ])
      for (const answer of refused) assertProblem(answer, 'unavailable')
      await restart()
      for (const n of [0, 1]) {
        while ((await turns(n).ask('GET', '/health/ready')).status === 503) await sleep(50)
      }
      const activated = await turns(0).activate(person.email, person.code)
      assert.equal(activated.status, 200, JSON.stringify(activated.body))
      assert.equal((await turns(1).me(active.email)).body.is_active, true)
      await signUpActive(one)
    })
  }
})

const statuses = (answers: Answer[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

const count = (rows: unknown[]): number => rows.length

const otherCode = async (app: RunningApp, email: string, known: string, nth: number): Promise<string> => {
  const found = await settledCode(app, email, nth)
  if (found === known) throw new Error('that is the one before')
  return found
}
