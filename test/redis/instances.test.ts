import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { noRedis, type RedisServer, startRedis } from '../support/redis.ts'
import { GONE } from '../support/redis-connection.ts'

const LIMITS = { LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '5', LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR: '3' }
const BACK = 'Redis is back: all instances count together'

describe('two instances with LIMIT_STORE=redis', { skip: noRedis, timeout: 60_000 }, () => {
  let redis: RedisServer
  let database: TestDatabase
  let instances: RunningApp[]
  before(async () => {
    redis = await startRedis()
    database = await createDatabase()
  })
  beforeEach(async () => {
    await redis.command('flushall')
    const env = { LIMIT_STORE: 'redis', REDIS_URL: redis.url, ...LIMITS }
    instances = await Promise.all([startApp({ database, env }), startApp({ database, env })])
  })
  afterEach(() => Promise.all(instances.map(instance => instance.stop())))
  after(async () => {
    await redis?.stop()
    await database?.drop()
  })

  /** Registers so many people at the instances in turn, all at once, and counts the answers by their status. */
  const registerAt = async (urls: (string | undefined)[], times: number) => {
    const asked = Array.from({ length: times }, (_, nth) =>
      createClient(urls[nth % urls.length] ?? '').register(newAddress()),
    )
    return Object.groupBy(await Promise.all(asked), ({ status }) => status)
  }
  const counts = (answers: Awaited<ReturnType<typeof registerAt>>) =>
    Object.entries(answers).map(([status, { length } = []]) => `${status}: ${length}`)
  const urls = () => instances.map(({ url }) => url)
  const messages = (msg: string) =>
    instances.map(({ logged }) => logged.filter(line => line.msg === msg).length)

  it('count the registrations of a network together', async () => {
    assert.deepEqual(counts(await registerAt(urls(), 12)), ['201: 5', '429: 7'])
    assert.deepEqual(counts(await registerAt(urls(), 2)), ['429: 2'])
  })

  it('count failed logins together', async () => {
    const [here, there] = urls().map(createClient) as [
      ReturnType<typeof createClient>,
      ReturnType<typeof createClient>,
    ]
    const email = newAddress()
    const statuses = []
    for (const { me } of [here, there, here, there, here]) {
      statuses.push((await me(email, PASSWORD)).status)
    }
    assert.deepEqual(statuses, [401, 401, 401, 429, 429])
  })

  it('count from 0 when Redis was emptied', async () => {
    await registerAt(urls(), 12)
    await redis.command('flushall')
    assert.deepEqual(counts(await registerAt(urls(), 12)), ['201: 5', '429: 7'])
    assert.deepEqual(messages(GONE), [0, 0])
  })

  it('count on their own while Redis is away, and together when it is back', async () => {
    const [here, there] = urls()
    const underway = registerAt(urls(), 30)
    await redis.kill()
    for (const status of Object.keys(await underway)) assert.ok(['201', '429'].includes(status), status)
    await Promise.all(instances.map(({ logLine }) => logLine({ msg: GONE })))
    for (const url of [here, there]) assert.deepEqual(counts(await registerAt([url], 10)), ['429: 10'])

    await redis.restart()
    let registered = 0
    while (messages(BACK).includes(0)) registered += (await registerAt(urls(), 2))[201]?.length ?? 0
    registered += (await registerAt(urls(), 12))[201]?.length ?? 0
    assert.equal(registered, 5)
    assert.deepEqual(
      [messages(GONE), messages(BACK)],
      [
        [1, 1],
        [1, 1],
      ],
    )
  })
})

describe('an instance with LIMIT_STORE=redis', { skip: noRedis, timeout: 60_000 }, () => {
  it('starts while Redis is away, logs so, and keeps the limits itself', async t => {
    const REDIS_URL = `redis://:open-nutmeg@127.0.0.1:${await freePort()}`
    const app = await startApp({ env: { LIMIT_STORE: 'redis', REDIS_URL, ...LIMITS } })
    t.after(app.stop)
    const { register } = createClient(app.url)
    const statuses = []
    for (let nth = 0; nth < 6; nth += 1) statuses.push((await register(newAddress())).status)
    assert.deepEqual(statuses, [201, 201, 201, 201, 201, 429])
    assert.match(String((await app.logLine({ msg: GONE })).reason), /ECONNREFUSED/)
    assert.equal((await createClient(app.url).ask('GET', '/health/ready')).status, 200)
    assert.ok(!JSON.stringify(app.logged).includes('nutmeg'))
  })
})
