import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { redisLimit } from '../../src/infrastructure/limits/redis.ts'
import { describeLimit } from '../support/limit-contract.ts'
import { noRedis, type RedisServer, startRedis, startRedisCluster } from '../support/redis.ts'
import { GONE, openForTest, untilBack, untilClosed } from '../support/redis-connection.ts'

const POLICY = { name: 'registrations_per_network', quota: 3, windowSeconds: 900 } as const
const KEY = '192.0.2.0/24 ada@example.com'
const hashKey = (key: string): Buffer => createHmac('sha256', 'a key').update(key).digest()

/** Brings the end of each key nearer: Redis removes what ended in the past. */
const letTimePass = `
  for _, key in ipairs(redis.call('keys', '*')) do
    redis.call('pexpire', key, redis.call('pttl', key) - ARGV[1] * 1000)
  end`

let redis: RedisServer
before(async () => {
  if (!noRedis) redis = await startRedis()
})
after(() => redis?.stop())
beforeEach(async () => {
  await redis?.command('flushall')
})

const openLimit = async (t: TestContext, server = redis, timeoutMs?: number) => {
  const { connection, logged } = await openForTest(t, [server.url], timeoutMs)
  return { ...redisLimit(connection, hashKey)(POLICY), connection, logged }
}

describeLimit('in Redis', noRedis, async t => {
  const { connection } = await openForTest(t, [redis.url])
  return {
    // Without the answers of an instance's own count, which would hide what Redis answers.
    limit: redisLimit({ ...connection, ask: command => command() }, hashKey),
    pass: seconds => redis.command('eval', letTimePass, '0', String(seconds)),
    inaccuracySeconds: 30,
  }
})

describe('redisLimit', { skip: noRedis }, () => {
  it('is counted by all instances together, however they ask at once', async t => {
    const limits = [await openLimit(t), await openLimit(t), await openLimit(t)]
    const waits = await Promise.all(
      Array.from({ length: 30 }, (_, nth) => limits[nth % limits.length]?.charge(KEY)),
    )
    assert.equal(waits.filter(wait => wait === 0).length, POLICY.quota)
    for (const { waitSeconds } of limits) assert.ok((await waitSeconds(KEY)) > 800)
  })

  it('shows Redis neither addresses nor networks, and lets nothing stay', async t => {
    await (await openLimit(t)).charge(KEY)
    const [key = '', ...others] = (await redis.command('keys', '*')).split('\n')
    assert.match(key, /^vestibule:limit:registrations_per_network:[\w-]{43}$/)
    assert.deepEqual(others, [])
    assert.ok(Number(await redis.command('ttl', key)) > 800)
  })

  it('begins anew when Redis was emptied, and forgets its scripts', async t => {
    const { charge, logged } = await openLimit(t)
    for (let nth = 0; nth < 4; nth += 1) await charge(KEY)
    await redis.command('flushall')
    await redis.command('script', 'flush')
    const waits = [await charge(KEY), await charge(KEY), await charge(KEY), await charge(KEY)]
    assert.deepEqual(waits.slice(0, 3), [0, 0, 0])
    assert.ok(waits[3])
    assert.deepEqual(logged, [])
  })
})

describe('redisLimit, while Redis is gone', { skip: noRedis }, () => {
  it('goes by the count of its own instance, which has gone on all the time', async t => {
    const mortal = await startRedis()
    t.after(mortal.stop)
    const [here, there] = [await openLimit(t, mortal), await openLimit(t, mortal)]
    assert.deepEqual([await here.charge(KEY), await here.charge(KEY), await there.charge(KEY)], [0, 0, 0])
    const lost = untilClosed(here.connection)
    await mortal.kill()
    await lost

    assert.deepEqual([await here.waitSeconds(KEY), await here.charge(KEY)], [0, 0])
    assert.ok(await here.charge(KEY))
    assert.ok(await here.waitSeconds(KEY))
    assert.deepEqual([await there.charge(KEY), await there.charge(KEY)], [0, 0])
    assert.ok(await there.charge(KEY))
    assert.equal(here.logged.length, 1)

    await mortal.restart()
    await untilBack(here.connection)
    assert.deepEqual([await here.waitSeconds(KEY), await here.charge(KEY)], [0, 0])
    assert.deepEqual(
      here.logged.map(({ msg }) => msg),
      [GONE, 'Redis is back: all instances count together'],
    )
  })

  it('waits once for a Redis that hangs, and then no more', async t => {
    const { charge, connection, logged } = await openLimit(t, redis, 250)
    await charge(KEY)
    redis.hang()
    try {
      const begun = performance.now()
      assert.equal(await charge(KEY), 0)
      const once = performance.now() - begun
      // Long before the connection itself is taken to be lost.
      assert.equal(connection.client.status, 'ready')
      for (let nth = 0; nth < 50; nth += 1) await charge(KEY)
      const all = performance.now() - begun
      assert.ok(all < 2 * once, `51 charges took ${all} ms, the first of them ${once} ms`)
      assert.ok(await charge(KEY))
      assert.deepEqual(
        logged.map(({ msg }) => msg),
        [GONE],
      )
    } finally {
      redis.goOn()
    }
  })

  it('sends nothing again that was on its way when Redis was killed', async t => {
    const mortal = await startRedis()
    t.after(mortal.stop)
    const { charge, connection } = await openLimit(t, mortal)
    await charge('before')
    mortal.hang()
    const lost = untilClosed(connection)
    const charged = charge(KEY)
    await turn()
    await mortal.kill()
    assert.equal(await charged, 0)
    await lost
    await mortal.restart()
    await untilBack(connection)
    assert.equal(await mortal.command('keys', '*limit*'), '')
  })

  it('does not blame Redis when its own process was busy', async t => {
    const { charge, logged } = await openLimit(t, redis, 250)
    await charge(KEY)
    const charged = charge(KEY)
    await turn()
    for (const begun = performance.now(); performance.now() - begun < 1000; );
    await charged
    assert.deepEqual(logged, [])
  })
})

describe('redisLimit on a cluster', { skip: noRedis, timeout: 60_000 }, () => {
  it('spreads its keys over all nodes, and goes on when one is lost', async t => {
    const nodes = await startRedisCluster()
    t.after(() => Promise.all(nodes.map(node => node.stop())))
    const urls = nodes.map(({ url }) => url)
    const limits = []
    for (let nth = 0; nth < 2; nth += 1) {
      limits.push(redisLimit((await openForTest(t, urls, 250)).connection, hashKey)(POLICY))
    }
    const [here, there] = limits as [(typeof limits)[0], (typeof limits)[0]]
    const keys = Array.from({ length: 60 }, (_, nth) => `192.0.${nth}.0/24`)
    for (const key of keys) {
      assert.deepEqual([await here.charge(key), await there.charge(key), await here.charge(key)], [0, 0, 0])
      assert.ok(await there.waitSeconds(key))
      assert.ok(await there.charge(key))
    }
    for (const node of nodes) assert.ok(Number(await node.command('dbsize')) > 0)

    await nodes[0]?.kill()
    for (const key of keys) assert.equal(await here.charge(`another ${key}`), 0)
  })
})
