import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/infrastructure/embedded/postgres.ts'
import { migrateUp } from '../../src/infrastructure/postgres/migrate.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Answer, createClient, newAddress } from '../support/client.ts'
import { scratchFolder } from '../support/command.ts'
import { createNews } from '../support/news.ts'
import { assertProblem } from '../support/problems.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const CLIENTS = 8
/** How many refusals under load make sure that the service was really without its database. */
const ENOUGH = 40

describe('a database that crashes under load', () => {
  let folder: string
  let server: EmbeddedPostgres
  let proxy: TcpProxy
  let app: RunningApp
  before(async () => {
    folder = await scratchFolder()
    server = await startEmbeddedPostgres(folder)
    await migrateUp(server.url)
    // The server comes back on another port: the proxy stands for the address that would stay.
    proxy = await startTcpProxy(server.url)
    const database = { url: proxy.url, rows: rowsOf, drop: async () => {} }
    app = await startApp({ database, env: { DATABASE_TIMEOUT_MS: '1000' } })
  })
  after(async () => {
    await app.stop()
    await proxy.close()
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** Asks the server itself, not the proxy. */
  async function rowsOf<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    try {
      return (await client.query<Row>(sql, values)).rows
    } finally {
      await client.end()
    }
  }

  it('means 503 meanwhile, loses nothing that was acknowledged, and is found again without a restart', async () => {
    const client = createClient(app.url)
    const acknowledged: string[] = []
    const refused: Answer[] = []
    const others: Answer[] = []
    let loading = true
    const { tell, until } = createNews()
    const load = Array.from({ length: CLIENTS }, async () => {
      while (loading) {
        const email = newAddress()
        const answer = await client.register(email)
        if (answer.status === 201) acknowledged.push(email)
        else (answer.status === 503 ? refused : others).push(answer)
        tell()
      }
    })

    await until(() => acknowledged.length >= CLIENTS)
    await crash(folder)
    await until(() => refused.length >= ENOUGH)
    const [live, ready] = await Promise.all([
      client.ask('GET', '/health/live'),
      client.ask('GET', '/health/ready'),
    ])
    assert.equal(live.status, 200)
    assertProblem(ready, 'unavailable')

    server = await startEmbeddedPostgres(folder)
    await proxy.forward(server.url)
    const before = acknowledged.length
    await until(() => acknowledged.length >= before + CLIENTS)
    loading = false
    await Promise.all(load)

    for (const answer of refused) assertProblem(answer, 'unavailable')
    assert.deepEqual(others, [])
    assert.equal((await client.ask('GET', '/health/ready')).status, 200)
    const stored = await rowsOf<{ email: string }>('select email from users')
    const known = new Set(stored.map(({ email }) => email))
    assert.deepEqual(
      acknowledged.filter(email => !known.has(email)),
      [],
    )
    // All of them get their mail, those from before the crash as well.
    for (const email of acknowledged) await app.mail.mailTo(email)
  })
})

/** As power failure does: SIGQUIT is PostgreSQL's immediate shutdown, which writes nothing down any more. */
const crash = async (folder: string): Promise<void> => {
  const [pid] = (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGQUIT')
}
