import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import tls from 'node:tls'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { selfSigned } from '../support/certificate.ts'
import { noRedis, startRedis } from '../support/redis.ts'
import { GONE, openForTest, untilBack, untilClosed } from '../support/redis-connection.ts'

describe('the connection to Redis', { skip: noRedis, timeout: 60_000 }, () => {
  it('has the user, the password and the database of REDIS_URL', async t => {
    const redis = await startRedis([
      ...['--user', 'vesti', 'on', '>p@ss:word/%', '~*', '+@all'],
      ...['--user', 'default', 'off'],
    ])
    t.after(redis.stop)
    const secret = encodeURIComponent('p@ss:word/%')
    const { connection, logged } = await openForTest(t, [
      `${redis.url.replace('//', `//vesti:${secret}@`)}/3`,
    ])
    await connection.ask(() => connection.client.set('vestibule:here', '1'), undefined)
    assert.match(String(await connection.client.info('keyspace')), /^db3:keys=1/m)
    assert.deepEqual(logged, [])
  })

  it('logs a refused login, without what was sent', async t => {
    const redis = await startRedis(['--requirepass', 'sesame'])
    t.after(redis.stop)
    const { connection, logged } = await openForTest(t, [redis.url.replace('//', '//:open-nutmeg@')])
    assert.equal(await connection.ask(() => connection.client.ping(), 'otherwise'), 'otherwise')
    assert.deepEqual(
      logged.map(({ msg, reason }) => [msg, String(reason).split(' ')[0]]),
      [[GONE, 'WRONGPASS']],
    )
    assert.ok(!JSON.stringify(logged).includes('nutmeg'))
  })

  it('is TLS with rediss://, to a trusted certificate only', async t => {
    const certificate = selfSigned(['127.0.0.1'])
    const redis = await startRedis([], certificate)
    t.after(redis.stop)
    const stranger = await openForTest(t, [redis.url])
    assert.equal(await stranger.connection.ask(() => stranger.connection.client.ping(), 'nothing'), 'nothing')
    assert.match(String(stranger.logged[0]?.reason), /self-signed/)

    const known = tls.getCACertificates('default')
    tls.setDefaultCACertificates([...known, certificate.cert])
    t.after(() => tls.setDefaultCACertificates(known))
    const friend = await openForTest(t, [redis.url])
    assert.equal(await friend.connection.ask(() => friend.connection.client.ping(), 'nothing'), 'PONG')
    assert.deepEqual(friend.logged, [])
  })

  it('is not needed for a start: it is logged once that Redis is away, which is found when it comes', async t => {
    const redis = await startRedis()
    t.after(redis.stop)
    await redis.kill()
    const { connection, logged } = await openForTest(t, [redis.url])
    for (let nth = 0; nth < 10; nth += 1) {
      assert.equal(await connection.ask(() => connection.client.ping(), 'otherwise'), 'otherwise')
    }
    assert.deepEqual(
      logged.map(({ msg }) => msg),
      [GONE],
    )
    await redis.restart()
    await untilBack(connection)
  })

  it('logs what keeps it from a cluster', async t => {
    const urls = [`redis://127.0.0.1:${await freePort()}`, `redis://127.0.0.1:${await freePort()}`]
    const { connection, logged } = await openForTest(t, urls)
    assert.equal(await connection.ask(() => connection.client.ping(), 'otherwise'), 'otherwise')
    assert.match(String(logged[0]?.reason), /ECONNREFUSED|closed/)
    assert.equal(logged.length, 1)
  })

  it('is tried with one command at a time while Redis cannot be written', async t => {
    const redis = await startRedis()
    t.after(redis.stop)
    const { connection, logged } = await openForTest(t, [redis.url])
    const tried = async () =>
      /cmdstat_set:.*rejected_calls=(\d+)/.exec(await redis.command('info', 'commandstats'))?.[1]
    await redis.command('config', 'set', 'maxmemory', '1')
    await connection.ask(() => connection.client.set('vestibule:here', '1'), undefined)
    while ((await tried()) === '1') {
      const answers = Array.from({ length: 20 }, () => connection.ask(() => connection.client.ping(), 'none'))
      assert.deepEqual([...new Set(await Promise.all(answers))], ['none'])
    }
    assert.equal(await tried(), '2')
    await redis.command('config', 'set', 'maxmemory', '0')
    await untilBack(connection)
    assert.deepEqual(
      logged.map(({ msg }) => msg),
      [GONE, 'Redis is back: all instances count together'],
    )
  })

  it('is made anew when it has gone silent', async t => {
    const redis = await startRedis()
    t.after(redis.stop)
    const { connection } = await openForTest(t, [redis.url], 100)
    const closed = untilClosed(connection)
    redis.hang()
    await connection.ask(() => connection.client.ping(), 'otherwise')
    await closed
    redis.goOn()
    await untilBack(connection)
  })

  it('goes to the new master when the old one has become a replica', async t => {
    const redis = await startRedis()
    t.after(redis.stop)
    const { connection, logged } = await openForTest(t, [redis.url])
    await redis.command('replicaof', '127.0.0.1', '1')
    const closed = untilClosed(connection)
    const write = () => connection.client.set('vestibule:here', '1')
    assert.equal(await connection.ask(write, 'otherwise'), 'otherwise')
    await closed
    assert.match(String(logged[0]?.reason), /^READONLY/)
  })
})
