import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { refuse } from '../../src/domain/refusals.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Client, createClient, newAddress } from '../support/client.ts'
import { createDatabase } from '../support/database.ts'
import { assertProblem, retryAfter } from '../support/problems.ts'

describe('a service whose database does not answer', () => {
  let app: RunningApp
  let client: Client
  let session: pg.Client
  before(async () => {
    app = await startApp({ env: { DATABASE_POOL_MAX: '1', DATABASE_TIMEOUT_MS: '400' } })
    client = createClient(app.url)
    session = new pg.Client({ connectionString: app.database.url })
    await session.connect()
  })
  after(async () => {
    await session.end()
    await app.stop()
  })

  it('answers 503 unavailable, is live but not ready (503), and serves again by itself', async () => {
    assert.deepEqual((await client.ask('GET', '/health/ready')).body, { status: 'ok' })
    const email = newAddress()

    await session.query('begin; lock table users in access exclusive mode')
    const [registered, me] = await Promise.all([client.register(email), client.me(email)])
    assertProblem(registered, 'unavailable')
    assertProblem(me, 'unavailable')

    // While the only connection waits for the lock, there is none left to find out whether the database answers.
    const asking = client.me(email)
    const waiting = `select pid from pg_stat_activity
      where datname = current_database() and application_name = 'vestibule'
        and wait_event_type = 'Lock' and query_start > clock_timestamp() - interval '1 second'`
    while ((await app.database.rows(waiting)).length === 0);
    const [ready, live] = await Promise.all([
      client.ask('GET', '/health/ready'),
      client.ask('GET', '/health/live'),
    ])
    assertProblem(ready, 'unavailable')
    assert.equal(live.status, 200)
    assert.deepEqual(live.body, { status: 'ok' })
    assertProblem(await asking, 'unavailable')

    await session.query('rollback')
    let again = await client.register(email)
    while (again.status === 503) again = await client.register(email)
    assert.equal(again.status, 201)
    assert.equal((await client.ask('GET', '/health/ready')).status, 200)
  })
})

describe('a service that starts while its database does not answer', () => {
  it('goes on asking, and serves when it does', async t => {
    const database = await createDatabase()
    const session = new pg.Client({ connectionString: database.url })
    await session.connect()
    t.after(async () => {
      await session.end()
      await database.drop()
    })
    await session.query('begin; lock table ledger_key in access exclusive mode')
    const starting = startApp({ database, env: { DATABASE_TIMEOUT_MS: '100' } })
    // What waits is cancelled by PostgreSQL after half a second, so the second that waits has been asked again.
    const waiting = `select query_start::text from pg_stat_activity
      where datname = current_database() and application_name = 'vestibule' and wait_event_type = 'Lock'`
    const asked = new Set<unknown>()
    while (asked.size < 2) {
      for (const { query_start } of await Promise.race([database.rows(waiting), starting.then(() => [])]))
        asked.add(query_start)
    }

    await session.query('rollback')
    const app = await starting
    assert.equal((await createClient(app.url).ask('GET', '/health/live')).status, 200)
    await app.stop()
  })
})

describe('a service that has no room for another hash', () => {
  it('answers 503 overloaded with Retry-After, on every route that hashes', async () => {
    const overloaded = async () => refuse({ refusal: 'overloaded', retryAfterSeconds: 3 })
    const app = await startApp({
      standIns: { hashing: { hashPassword: overloaded, verifyPassword: overloaded } },
    })
    try {
      const client = createClient(app.url)
      const email = newAddress()
      for (const answer of [
        await client.register(email),
        await client.activate(email, '1234'),
        await client.resend(email),
        await client.me(email),
      ]) {
        assertProblem(answer, 'overloaded')
        assert.equal(retryAfter(answer), 3)
      }
    } finally {
      await app.stop()
    }
  })
})

describe('a service whose hashes take all its time', () => {
  it('answers 503 overloaded before it reads a body, on every route that hashes, and serves again afterwards', async () => {
    const slowHashes = { ARGON2_MEMORY_KIB: '262144', ARGON2_PASSES: '8' }
    const app = await startApp({ env: { ...slowHashes, HASH_CONCURRENCY: '1', HASH_QUEUE_MS: '0' } })
    try {
      const client = createClient(app.url)
      const email = newAddress()
      const registered = client.register(email)
      // What is no JSON is told so for as long as there is time for it.
      let answer = await client.ask('POST', '/users', { body: 'no object' })
      while (answer.status === 400) answer = await client.ask('POST', '/users', { body: 'no object' })
      assertProblem(answer, 'overloaded')
      for (const refused of [
        await client.activate(email, 'no code'),
        await client.resend(email),
        await client.me(email),
      ]) {
        assertProblem(refused, 'overloaded')
      }
      assert.equal((await client.ask('GET', '/health/ready')).status, 200)
      assert.equal((await registered).status, 201)
      assertProblem(await client.ask('POST', '/users', { body: 'no object' }), 'malformed_body')
    } finally {
      await app.stop()
    }
  })
})

describe('a service that meets a bug', () => {
  it('answers 500 internal_error without the message of the exception, which is in the log under the same correlation id', async () => {
    const broken = async () => {
      throw new Error('the inside story')
    }
    const app = await startApp({ standIns: { hashing: { hashPassword: broken, verifyPassword: broken } } })
    try {
      const answer = await createClient(app.url).register(newAddress())
      assertProblem(answer, 'internal_error')
      assert.doesNotMatch(JSON.stringify(answer.body), /inside story/)
      await app.logLine({
        msg: 'unexpected error',
        correlation_id: answer.body.correlation_id,
        err: { message: 'the inside story' },
      })
    } finally {
      await app.stop()
    }
  })
})
