import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../../src/domain/refusals.ts'
import { openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { migrateUp } from '../../src/infrastructure/postgres/migrate.ts'
import { type RunningApp, startApp, TEST_SECRET_KEY } from '../support/app.ts'
import { type Client, createClient, newAddress } from '../support/client.ts'
import { run } from '../support/command.ts'
import { assertProblem } from '../support/problems.ts'
import { type ReplicatedPostgres, severalHosts, startReplicatedPostgres } from '../support/replication.ts'
import { type Pending, signUp } from '../support/sign-up.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

describe('a standby', () => {
  let servers: ReplicatedPostgres
  before(async () => {
    servers = await startReplicatedPostgres()
    await migrateUp(servers.primaryUrl)
  })
  after(() => servers.stop())

  /** How the command line is told of a database. */
  const settingsOf = (url: string) => ({
    DATABASE_URL: url,
    SECRET_KEY: TEST_SECRET_KEY,
    DATABASE_TIMEOUT_MS: '5000',
  })
  const started = (url: string): Promise<RunningApp> =>
    startApp({ database: { url, rows: servers.rows, drop: async () => {} } })

  it('alone is refused by serve, migrate and outbox', async () => {
    await assert.rejects(started(servers.standbyUrl), error => {
      assert.match(String((error as Error).cause), /the database is read-only/)
      return true
    })
    const asked = [
      ['migrate', 'status'],
      ['migrate', 'up'],
      ['outbox', 'list'],
    ].map(args => run(args, settingsOf(servers.standbyUrl)))
    for (const { exitCode, output } of await Promise.all(asked)) {
      assert.equal(exitCode, 1, output)
      assert.match(output, /the database is read-only/)
    }
  })

  it('is passed over, wherever its host stands in DATABASE_URL', async () => {
    for (const url of [
      severalHosts(servers.standbyUrl, servers.primaryUrl),
      `${severalHosts(servers.primaryUrl, servers.standbyUrl)}?target_session_attrs=read-write`,
    ]) {
      const app = await started(url)
      await signUp(app)
      await app.stop()
      const asked = [
        ['migrate', 'up'],
        ['outbox', 'list'],
      ].map(args => run(args, settingsOf(url)))
      for (const { exitCode, output } of await Promise.all(asked)) assert.equal(exitCode, 0, output)
    }
  })

  describe('that an address comes to stand for while the service runs', () => {
    let address: TcpProxy
    let app: RunningApp
    let client: Client
    before(async () => {
      address = await startTcpProxy(servers.primaryUrl)
      app = await started(address.url)
      client = createClient(app.url)
    })
    after(async () => {
      await app.stop()
      await address.close()
    })

    it('means 503 for everything, also /health/ready, until the primary is back', async () => {
      const person = await signUp(app)
      await address.forward(servers.standbyUrl)
      await assertUnavailable(client, person)
      await address.forward(servers.primaryUrl)
      assert.equal((await client.ask('GET', '/health/ready')).status, 200)
      assert.equal((await client.activate(person.email, person.code)).status, 200)
    })
  })

  it('that new connections lead to is not asked anything', async () => {
    const address = await startTcpProxy(servers.primaryUrl)
    const log = { warn: () => {} }
    const database = openDatabase({ url: address.url, poolMax: 2, timeoutMs: 5000, log })
    try {
      const whereAmI = { name: 'where-am-i', text: 'select pg_is_in_recovery() as standby, pg_sleep(1)' }
      const first = database.query(whereAmI)
      while (!(await isAsking(whereAmI.text)));
      address.lead(servers.standbyUrl)
      await assert.rejects(database.query(whereAmI), Unavailable)
      assert.equal((await first)[0]?.standby, false)
    } finally {
      await database.close()
      await address.close()
    }
  })

  const isAsking = async (text: string): Promise<boolean> =>
    (await servers.rows(`select from pg_stat_activity where state = 'active' and query = $1`, [text]))
      .length > 0

  describe('that a server becomes below connections that stay open', () => {
    let app: RunningApp
    before(async () => {
      app = await started(servers.primaryUrl)
    })
    after(() => app.stop())

    it('is not asked anything once it has refused a write', async () => {
      const client = createClient(app.url)
      const person = await signUp(app)
      // Several connections that could be asked.
      await Promise.all(Array.from({ length: 8 }, () => client.me(person.email)))
      await readOnly(true)
      assertProblem(await client.register(newAddress()), 'unavailable')
      await assertUnavailable(client, person)
      await readOnly(false)
      assert.equal((await client.ask('GET', '/health/ready')).status, 200)
      assert.equal((await client.activate(person.email, person.code)).status, 200)
    })

    /** All sessions follow: the nearest there is to a pooler that leads to another server. */
    async function readOnly(to: boolean): Promise<void> {
      await servers.rows(`alter system set default_transaction_read_only = ${to}`)
      await servers.rows('select pg_reload_conf()')
      const asking = `select current_setting('transaction_read_only') = 'on' as now`
      while ((await servers.rows<{ now: boolean }>(asking))[0]?.now !== to) await sleep(10)
      // Sessions that are open hear of it with their next command.
      await sleep(100)
    }
  })

  async function assertUnavailable(client: Client, { email, code }: Pending): Promise<void> {
    for (const answer of [
      await client.register(newAddress()),
      await client.register(email),
      await client.me(email),
      await client.me(newAddress()),
      await client.activate(email, code),
      await client.resend(email),
      await client.ask('GET', '/health/ready'),
    ]) {
      assertProblem(answer, 'unavailable')
    }
    assert.equal((await client.ask('GET', '/health/live')).status, 200)
  }
})
