import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { Unavailable } from '../../src/domain/refusals.ts'
import { openRedis, type RedisConnection } from '../../src/infrastructure/redis/connection.ts'
import { type GuessCounter, guessCounter } from '../../src/infrastructure/redis/guess-counter.ts'
import { describeCodes } from '../support/code-contract.ts'
import { keyring } from '../support/fixtures.ts'
import { noRedis, type RedisServer, startRedis, startRedisCluster } from '../support/redis.ts'
import { PATIENT_MS, untilBack } from '../support/redis-connection.ts'

const KEEP = { longestWaitSeconds: 3600, codeTtlSeconds: 60 }
const KEEP_SECONDS = 3600 + 60 + 3600

/** A counter on these servers, which end with it. */
const openCounter = async (servers: RedisServer[], timeoutMs = PATIENT_MS) => {
  const urls = servers.map(({ url }) => url)
  const log = pino({ level: 'silent' })
  const connection = await openRedis({ urls, timeoutMs, demanded: true, log })
  return {
    connection,
    counter: guessCounter(connection, KEEP),
    close: async () => {
      connection.close()
      await Promise.all(servers.map(server => server.stop()))
    },
  }
}

describeCodes('in Redis', noRedis, async () => openCounter([await startRedis()]))

describeCodes('in a Redis Cluster', noRedis, async () => openCounter(await startRedisCluster()))

describe('guessCounter', { skip: noRedis, timeout: 60_000 }, () => {
  let redis: RedisServer
  let connection: RedisConnection
  let counter: GuessCounter
  let close: () => Promise<void>
  before(async () => {
    redis = await startRedis()
    const opened = await openCounter([redis], 250)
    connection = opened.connection
    counter = opened.counter
    close = opened.close
  })
  after(() => close?.())
  beforeEach(() => redis.command('flushall'))

  const ttl = async (codeId: string) => Number(await redis.command('ttl', `vestibule:code:{${codeId}}`))
  const newCode = async (): Promise<string> => {
    const codeId = keyring.newCodeId()
    await counter.create(codeId)
    return codeId
  }

  it('keeps one key for a code, which knows no more than its id, for as long as its mail may wait and an hour', async () => {
    const codeId = await newCode()
    assert.equal(await redis.command('keys', '*'), `vestibule:code:{${codeId}}`)
    await counter.count(codeId)
    assert.equal(await redis.command('keys', '*'), `vestibule:code:{${codeId}}`)
    const seconds = await ttl(codeId)
    assert.ok(seconds > KEEP_SECONDS - 60 && seconds <= KEEP_SECONDS, `${seconds}`)
  })

  it('keeps the key of a code that is asked about, since its mail is still on its way', async () => {
    const codeId = await newCode()
    await redis.command('expire', `vestibule:code:{${codeId}}`, '100')
    await counter.count(codeId)
    assert.ok((await ttl(codeId)) <= 100)
    assert.deepEqual(await counter.counted([codeId]), [1])
    assert.ok((await ttl(codeId)) > KEEP_SECONDS - 60)
  })

  it('answers lost for a code that Redis has lost, however often it is guessed at', async () => {
    const codeId = await newCode()
    assert.equal(await counter.count(codeId), 1)
    await redis.command('flushall')
    await redis.command('script', 'flush')
    assert.deepEqual([await counter.count(codeId), await counter.count(codeId)], ['lost', 'lost'])
    assert.deepEqual(await counter.counted([codeId]), ['lost'])
    assert.equal(await redis.command('dbsize'), '0')
  })

  it('tells of many codes in the order in which it was asked', async () => {
    const codeIds = await Promise.all(Array.from({ length: 100 }, newCode))
    for (const codeId of codeIds.slice(50)) await counter.count(codeId)
    const asked = [...codeIds, keyring.newCodeId()]
    assert.deepEqual(await counter.counted(asked), [...Array(50).fill(0), ...Array(50).fill(1), 'lost'])
  })

  it('counts nothing when it is only asked', async () => {
    const codeId = await newCode()
    for (let nth = 0; nth < 5; nth += 1) await counter.counted([codeId])
    assert.deepEqual([await counter.count(codeId), await counter.count(codeId)], [1, 2])
  })

  it('is unavailable while Redis has no room, and recovers by itself', async () => {
    const codeId = await newCode()
    await redis.command('config', 'set', 'maxmemory', '1')
    await assert.rejects(newCode(), Unavailable)
    await assert.rejects(counter.count(codeId), Unavailable)
    assert.equal(await counter.answers(), false)
    await redis.command('config', 'set', 'maxmemory', '0')
    await newCode()
    assert.equal(await counter.count(codeId), 1)
    await untilBack(connection)
  })

  it('finds Redis again however many commands have failed since, and go on failing', async () => {
    const failing = () => connection.demand(() => connection.client.call('no-such-command'))
    await assert.rejects(failing(), Unavailable)
    assert.equal(await counter.answers(), false)
    while (!(await counter.answers())) await assert.rejects(failing(), Unavailable)
  })

  it('is unavailable while Redis hangs, for nobody longer than a command may take, and loses nothing', async () => {
    const codeId = await newCode()
    redis.hang()
    try {
      await assert.rejects(counter.count(codeId), Unavailable)
      assert.equal(connection.client.status, 'ready')
      assert.equal(await counter.answers(), false)
    } finally {
      redis.goOn()
    }
    await untilBack(connection)
    // The guess of which nobody has heard was counted.
    assert.equal(await counter.count(codeId), 2)
  })
})

describe('guessCounter on a cluster', { skip: noRedis, timeout: 60_000 }, () => {
  it('spreads codes over all nodes, asks about all of them at once, and is unavailable without a node', async t => {
    const nodes = await startRedisCluster()
    const { counter, close } = await openCounter(nodes, 2000)
    t.after(close)
    const codeIds = Array.from({ length: 60 }, keyring.newCodeId)
    for (const codeId of codeIds) {
      await counter.create(codeId)
      assert.equal(await counter.count(codeId), 1)
    }
    assert.deepEqual(await counter.counted(codeIds), Array(60).fill(1))
    for (const node of nodes) assert.ok(Number(await node.command('dbsize')) > 0)
    await nodes[0]?.kill()
    await assert.rejects(counter.counted(codeIds), Unavailable)
  })
})

describe('guessCounter with a login', { skip: noRedis, timeout: 60_000 }, () => {
  it('needs no more than docs/operations.md says', async t => {
    const manual = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
    const [, rights = ''] = /An ACL that is enough: `([^`]+)`/.exec(manual) ?? []
    const redis = await startRedis(['--user', 'vesti', 'on', '>sesame', ...rights.split(' ')])
    const { counter, close } = await openCounter([
      { ...redis, url: redis.url.replace('//', '//vesti:sesame@') },
    ])
    t.after(close)
    const codeId = keyring.newCodeId()
    await counter.create(codeId)
    assert.equal(await counter.count(codeId), 1)
    assert.deepEqual(await counter.counted([codeId]), [1])
    assert.equal(await counter.answers(), true)
  })
})
