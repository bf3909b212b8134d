import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { complaints, messageOf, PRODUCTION, read } from '../test/support/config.ts'

describe('DATABASE_URL', () => {
  for (const url of [
    'postgresql://db.example/db',
    'postgres:///db?host=/var/run/postgresql',
    'postgresql://user:p%40ss@one.example:5432,[::1]:5433,three.example/db?sslmode=require',
    'postgresql://one.example,two.example/db?target_session_attrs=read-write',
  ]) {
    it(`may be ${url}`, () => {
      assert.equal(read({ ...PRODUCTION, DATABASE_URL: url }).databaseUrl, url)
    })
  }

  for (const url of [
    'db.example',
    'postgresql:/db.example',
    'postgresql://one.example:5432,two.example:port/db',
    'postgresql://one.example,,two.example/db',
    'postgresql://one.example,two.example/db?target_session_attrs=any',
    'postgresql://one.example/db?target_session_attrs=standby',
    'postgresql://one.example/db?target_session_attrs=read-write&target_session_attrs=any',
  ]) {
    it(`cannot be ${url}`, () => {
      assert.deepEqual(complaints({ ...PRODUCTION, DATABASE_URL: url }), ['DATABASE_URL'])
    })
  }
})

describe('REDIS_URL', () => {
  it('may name several hosts, each with the user and password before the first', () => {
    const urls = (REDIS_URL: string) => read({ LIMIT_STORE: 'redis', REDIS_URL }).redisUrls
    assert.deepEqual(read({}).redisUrls, [])
    assert.equal(read({}).limitStore, 'memory')
    assert.equal(read({}).codeStore, 'postgres')
    assert.deepEqual(urls('redis://cache.example'), ['redis://cache.example/'])
    assert.deepEqual(urls('redis://:a,b%40@[::1]:6380/3'), ['redis://:a,b%40@[::1]:6380/3'])
    assert.deepEqual(urls('rediss://ada:secret@one.example:6379,two.example'), [
      'rediss://ada:secret@one.example:6379/',
      'rediss://ada:secret@two.example/',
    ])
  })

  it('is needed, and has to be usable, for LIMIT_STORE=redis and CODE_STORE=redis', () => {
    assert.deepEqual(complaints({ LIMIT_STORE: 'redis' }), ['REDIS_URL'])
    assert.deepEqual(complaints({ LIMIT_STORE: 'postgres' }), ['LIMIT_STORE'])
    assert.deepEqual(complaints({ CODE_STORE: 'redis' }), ['REDIS_URL'])
    assert.deepEqual(complaints({ CODE_STORE: 'memory' }), ['CODE_STORE'])
    assert.equal(read({ CODE_STORE: 'redis', REDIS_URL: 'redis://cache.example' }).codeStore, 'redis')
    for (const REDIS_URL of [
      'cache.example:6379',
      'http://cache.example',
      'redis://',
      'redis://:secret@',
      'redis://one.example,,two.example',
      'redis://cache.example:port',
      'redis://cache.example/zero',
      'redis://cache.example?db=1',
      'redis://:50%@cache.example',
      'redis://one.example,two.example/1',
    ]) {
      assert.deepEqual(complaints({ LIMIT_STORE: 'redis', REDIS_URL }), ['REDIS_URL'], REDIS_URL)
    }
    assert.ok(!messageOf({ REDIS_URL: 'redis://:open-nutmeg@' }).includes('nutmeg'))
  })
})

describe('TRUST_PROXY', () => {
  const proxies: [value: string, trusted: boolean | number | string[]][] = [
    ['true', true],
    ['false', false],
    ['0', 0],
    ['1', 1],
    ['99', 99],
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.0.0.0/8, 192.168.0.1/32 ,fd00::/8', ['10.0.0.0/8', '192.168.0.1/32', 'fd00::/8']],
    ['::1', ['::1']],
    ['fd00::/128', ['fd00::/128']],
  ]
  for (const [value, trusted] of proxies) {
    it(`may be ${value}`, () => {
      assert.deepEqual(read({ TRUST_PROXY: value }).trustProxy, trusted)
    })
  }

  it('cannot be anything else: it must be true, false, the number of proxies in front, or their addresses', () => {
    for (const TRUST_PROXY of [
      ...['TRUE', 'yes', '-1', '1.5', '100', 'loopback', 'proxy.example', '*', ' '],
      ...[
        '10.0.0.0/33',
        '10.0.0.0/',
        '10.0.0.0/-1',
        '10.0.0/8',
        'fd00::/129',
        '::1/',
        '[::1]',
        '10.0.0.1:80',
      ],
      ...['10.0.0.0/8,', ',10.0.0.1', '10.0.0.1;10.0.0.2', '10.0.0.1 10.0.0.2', '10.0.0.1,true'],
    ]) {
      assert.deepEqual(complaints({ TRUST_PROXY }), ['TRUST_PROXY'], TRUST_PROXY)
    }
    assert.match(
      messageOf({ TRUST_PROXY: 'loopback' }),
      /\n {2}TRUST_PROXY must be true, false, the number of proxies in front, or their addresses/,
    )
  })

  // Fastify does not start with one: invalid range on address.
  it('cannot be a network of all addresses', () => {
    for (const TRUST_PROXY of ['0.0.0.0/0', '10.0.0.0/0', '::/0']) {
      assert.deepEqual(complaints({ TRUST_PROXY }), ['TRUST_PROXY'])
    }
  })
})
