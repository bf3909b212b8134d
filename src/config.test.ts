import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ConfigError, readConfig } from './config.ts'

const KEY = 'a-key-for-tests-and-for-nothing-but-tests'

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://vestibule@db.example/vestibule',
  SECRET_KEY: KEY,
  MAIL_TRANSPORT: 'smtp',
}

const read = (env: NodeJS.ProcessEnv, isTerminal = false) => readConfig(env, isTerminal)

const messageOf = (env: NodeJS.ProcessEnv): string => {
  try {
    read(env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message
  }
  return ''
}

/** The names of the variables that are complained about, in order. */
const complaints = (env: NodeJS.ProcessEnv): string[] =>
  messageOf(env)
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(' ', 1)[0] ?? '')

describe('readConfig', () => {
  it('needs nothing at all for development', () => {
    const config = read({})
    assert.equal(config.production, false)
    assert.equal(config.host, '127.0.0.1')
    assert.equal(config.port, 8000)
    assert.equal(config.publicUrl, 'http://localhost:8000')
    assert.equal(config.databaseUrl, undefined)
    assert.equal(config.secretKey, undefined)
    assert.deepEqual(config.mail, { transport: 'mailbox' })
    assert.equal(config.mailTemplatesDir, undefined)
    assert.equal(config.defaultLocale, 'en')
    assert.equal(config.codeTtlSeconds, 60)
    assert.deepEqual(config.sendsBudget, { spacingSeconds: 30, perHour: 5, perDay: 10 })
    assert.deepEqual(config.limits, {
      registrationsPerNetworkPerHour: 100,
      guessesPerNetworkPerHour: 20,
      loginFailuresPerQuarterHour: 10,
      loginFailuresPerDay: 100,
    })
    assert.equal(config.trustProxy, false)
    assert.deepEqual(config.events, { publisher: 'console' })
    assert.equal(config.hideRegisteredEmails, false)
    assert.deepEqual(config.argon2, { memoryKib: 19_456, passes: 2 })
    assert.equal(config.mailTimeoutMs, 15_000)
    assert.equal(config.mailGiveUpAfterSeconds, 3600)
    assert.equal(config.migrateOnStart, true)
    assert.equal(config.docsEnabled, true)
  })

  it('is more careful in production', () => {
    const config = read(PRODUCTION, true)
    assert.equal(config.production, true)
    assert.equal(config.migrateOnStart, false)
    assert.equal(config.docsEnabled, false)
    assert.equal(config.logFormat, 'json')
  })

  it('is readable on a terminal', () => {
    assert.equal(read({}, true).logFormat, 'pretty')
    assert.equal(read({}, false).logFormat, 'json')
  })

  it('takes what is set', () => {
    const config = read({
      HOST: '0.0.0.0',
      PORT: '9000',
      PUBLIC_URL: 'https://accounts.example.com/',
      LIMIT_SENDS_PER_DAY: '0',
      LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '1',
      LIMIT_GUESSES_PER_NETWORK_PER_HOUR: '2',
      LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR: '3',
      LIMIT_LOGIN_FAILURES_PER_DAY: '0',
      HIDE_REGISTERED_EMAILS: 'true',
      MIGRATE_ON_START: 'false',
      LOG_LEVEL: 'warn',
      MAIL_FROM: 'Example <no-reply@example.com>',
      MAIL_TEMPLATES_DIR: '/etc/vestibule/mails',
      DEFAULT_LOCALE: 'fr',
    })
    assert.equal(config.host, '0.0.0.0')
    assert.equal(config.port, 9000)
    assert.equal(config.publicUrl, 'https://accounts.example.com')
    assert.equal(config.sendsBudget.perDay, 0)
    assert.deepEqual(config.limits, {
      registrationsPerNetworkPerHour: 1,
      guessesPerNetworkPerHour: 2,
      loginFailuresPerQuarterHour: 3,
      loginFailuresPerDay: 0,
    })
    assert.equal(config.hideRegisteredEmails, true)
    assert.equal(config.migrateOnStart, false)
    assert.equal(config.logLevel, 'warn')
    assert.equal(config.mailFrom, 'Example <no-reply@example.com>')
    assert.equal(config.mailTemplatesDir, '/etc/vestibule/mails')
    assert.equal(config.defaultLocale, 'fr')
  })

  it('takes REDIS_URL apart, a URL for each host', () => {
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

  it('needs a usable REDIS_URL for LIMIT_STORE=redis and CODE_STORE=redis', () => {
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

  it('lets the public address follow the port', () => {
    assert.equal(read({ PORT: '9000' }).publicUrl, 'http://localhost:9000')
  })

  it('takes an empty variable for one that is not set', () => {
    assert.deepEqual(
      read({ PORT: '', SECRET_KEY: '', DATABASE_URL: '', LOG_LEVEL: '', PORT_FILE: '' }),
      read({}),
    )
  })

  it('names every bad variable at once', () => {
    const env = {
      PORT: 'http',
      PUBLIC_URL: 'accounts.example.com',
      DATABASE_URL: 'mysql://db.example',
      SECRET_KEY: 'short',
      MIGRATE_ON_START: 'yes',
      MAIL_FROM: 'nobody',
      LOG_LEVEL: 'loud',
    }
    assert.deepEqual(complaints(env).sort(), Object.keys(env).sort())
    assert.match(messageOf(env), /^The configuration is not usable:\n/)
  })

  const bad: [name: string, values: string[]][] = [
    ['PORT', ['-1', '65536', '80.5', '8e3', '0x50', ' 80', 'NaN', '９']],
    ['CODE_TTL_SECONDS', ['0', '3601', '-60']],
    ['MAIL_TIMEOUT_MS', ['99', '1e9', '99999999999999999999']],
    ['ARGON2_MEMORY_KIB', ['7', 'lots']],
    ['DOCS_ENABLED', ['1', 'TRUE', 'on']],
    ['LOG_LEVEL', ['WARN', 'loud', 'constructor']],
    ['EVENT_PUBLISHER', ['kafka']],
    ['MAIL_TRANSPORT', ['pigeon']],
    ['PUBLIC_URL', ['ftp://example.com', 'example.com', '/']],
    [
      'MAIL_FROM',
      [
        'nobody',
        'a@b@c',
        'Name <a@b',
        '<>',
        'a@b, c@d',
        'a@b\r\nBcc: c@d',
        'Name\nBcc: c@d <a@b>',
        'Na\nme <a@b>',
      ],
    ],
    ['PUBLIC_URL', ['accounts.example.com', 'https:accounts.example.com', 'ftp://example.com']],
    ['SECRET_KEY', ['x'.repeat(31)]],
    ['LIMIT_SEND_SPACING_SECONDS', ['-1', '86401', '30s']],
    ['LIMIT_SENDS_PER_HOUR', ['-1', '1001', 'none']],
    ['LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR', ['-1', '1000001', '1.5']],
    ['LIMIT_GUESSES_PER_NETWORK_PER_HOUR', ['-1', '1000001', 'off']],
    ['LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR', ['-1', '1000001', 'false']],
    ['LIMIT_LOGIN_FAILURES_PER_DAY', ['-1', '1000001', '1e3']],
    ['HIDE_REGISTERED_EMAILS', ['1', 'TRUE', 'yes']],
    [
      'TRUST_PROXY',
      [
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
      ],
    ],
  ]
  for (const [name, values] of bad) {
    for (const value of values) {
      it(`refuses ${name}=${JSON.stringify(value)}`, () => {
        assert.deepEqual(complaints({ [name]: value }), [name])
      })
    }
  }

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
    it(`reads TRUST_PROXY=${value}`, () => {
      assert.deepEqual(read({ TRUST_PROXY: value }).trustProxy, trusted)
    })
  }

  // Fastify does not start with one: invalid range on address.
  it('refuses a network in TRUST_PROXY that is all of them', () => {
    for (const TRUST_PROXY of ['0.0.0.0/0', '10.0.0.0/0', '::/0']) {
      assert.deepEqual(complaints({ TRUST_PROXY }), ['TRUST_PROXY'])
    }
  })

  it('says what TRUST_PROXY may be', () => {
    assert.match(
      messageOf({ TRUST_PROXY: 'loopback' }),
      /\n {2}TRUST_PROXY must be true, false, the number of proxies in front, or their addresses/,
    )
  })

  it('counts a key in bytes', () => {
    assert.equal(read({ SECRET_KEY: 'é'.repeat(16) }).secretKey, 'é'.repeat(16))
  })

  it('wants a database, a key and a way to reach people in production', () => {
    assert.deepEqual(complaints({ NODE_ENV: 'production' }), ['DATABASE_URL', 'SECRET_KEY', 'MAIL_TRANSPORT'])
    for (const MAIL_TRANSPORT of ['console', 'mailbox']) {
      assert.deepEqual(complaints({ ...PRODUCTION, MAIL_TRANSPORT }), ['MAIL_TRANSPORT'])
    }
    assert.deepEqual(complaints(PRODUCTION), [])
  })

  it('wants a key with a database that others may share', () => {
    assert.deepEqual(complaints({ DATABASE_URL: PRODUCTION.DATABASE_URL }), ['SECRET_KEY'])
  })

  it('repeats no value, which may be a secret', () => {
    const secret = 'hunter2'
    const message = messageOf({
      SECRET_KEY: secret,
      SECRET_KEY_PREVIOUS: secret,
      DATABASE_URL: `mysql://root:${secret}@db.example`,
      MAIL_TRANSPORT: 'smtp',
      SMTP_URL: `http://user:${secret}@mail.example`,
      PUBLIC_URL: secret,
      PORT: secret,
      LOG_LEVEL: secret,
      MAIL_FROM: secret,
      DOCS_ENABLED: secret,
    })
    assert.equal(message.split('\n').length, 10)
    assert.ok(!message.includes(secret), message)
  })

  for (const url of [
    'postgresql://db.example/db',
    'postgres:///db?host=/var/run/postgresql',
    'postgresql://user:p%40ss@one.example:5432,[::1]:5433,three.example/db?sslmode=require',
    'postgresql://one.example,two.example/db?target_session_attrs=read-write',
  ]) {
    it(`takes DATABASE_URL=${url}`, () => {
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
    it(`refuses DATABASE_URL=${url}`, () => {
      assert.deepEqual(complaints({ ...PRODUCTION, DATABASE_URL: url }), ['DATABASE_URL'])
    })
  }

  it('reads how to reach an HTTP mail service, or says what is missing', () => {
    const env = {
      MAIL_TRANSPORT: 'http',
      MAIL_HTTP_PROVIDER: 'webhook',
      MAIL_HTTP_URL: 'https://mail.example',
    }
    const none = { apiKey: '', webhookSecret: undefined }
    const mail = { transport: 'http', provider: 'webhook', url: 'https://mail.example', ...none }
    assert.deepEqual(read(env).mail, mail)
    assert.deepEqual(complaints({ MAIL_TRANSPORT: 'http' }), ['MAIL_HTTP_PROVIDER', 'MAIL_HTTP_URL'])
    assert.deepEqual(complaints({ ...env, MAIL_HTTP_PROVIDER: 'pigeon' }), ['MAIL_HTTP_PROVIDER'])
  })

  const byProvider = (MAIL_HTTP_PROVIDER: string, env: NodeJS.ProcessEnv = {}) => ({
    MAIL_TRANSPORT: 'http',
    MAIL_HTTP_PROVIDER,
    ...env,
  })

  it('wants a key for a mail provider, and knows where most of them are', () => {
    const addresses = {
      resend: 'https://api.resend.com',
      sendgrid: 'https://api.sendgrid.com',
      postmark: 'https://api.postmarkapp.com',
    }
    for (const [provider, url] of Object.entries(addresses)) {
      assert.deepEqual(complaints(byProvider(provider)), ['MAIL_API_KEY'])
      const mail = { transport: 'http', provider, url, apiKey: 'key', webhookSecret: undefined }
      assert.deepEqual(read(byProvider(provider, { MAIL_API_KEY: 'key' })).mail, mail)
      const elsewhere = { MAIL_API_KEY: 'key', MAIL_HTTP_URL: 'https://mail.example' }
      assert.deepEqual(read(byProvider(provider, elsewhere)).mail, { ...mail, url: 'https://mail.example' })
    }
    assert.deepEqual(complaints(byProvider('mailgun')), ['MAIL_HTTP_URL', 'MAIL_API_KEY'])
  })

  it('wants the domain in the address of Mailgun', () => {
    const at = (MAIL_HTTP_URL: string) => byProvider('mailgun', { MAIL_API_KEY: 'key', MAIL_HTTP_URL })
    for (const url of ['https://api.mailgun.net/v3/mg.example.com', 'https://api.eu.mailgun.net/v3/a.b/']) {
      assert.deepEqual(complaints(at(url)), [])
    }
    for (const url of [
      'https://api.mailgun.net',
      'https://api.mailgun.net/v3',
      'https://a.b/v3/c.d/messages',
    ]) {
      assert.deepEqual(complaints(at(url)), ['MAIL_HTTP_URL'])
    }
  })

  it('ignores no credentials silently, and repeats none', () => {
    const bad: [NodeJS.ProcessEnv, string][] = [
      [byProvider('resend', { MAIL_API_KEY: 'two hunter2' }), 'MAIL_API_KEY'],
      [byProvider('postmark', { MAIL_API_KEY: 'hunter2\nhunter2' }), 'MAIL_API_KEY'],
      [byProvider('webhook', { MAIL_API_KEY: 'hunter2', MAIL_HTTP_URL: 'http://a.b' }), 'MAIL_API_KEY'],
      [byProvider('mailpit', { MAIL_HTTP_URL: 'http://user:hunter2%@a.b' }), 'MAIL_HTTP_URL'],
      [
        byProvider('sendgrid', { MAIL_API_KEY: 'key', MAIL_HTTP_URL: 'http://me:hunter2@a.b' }),
        'MAIL_HTTP_URL',
      ],
    ]
    for (const [env, name] of bad) {
      assert.deepEqual(complaints(env), [name])
      assert.ok(!messageOf(env).includes('hunter2'), messageOf(env))
    }
    assert.deepEqual(complaints(byProvider('webhook', { MAIL_HTTP_URL: 'http://user:word%25@a.b' })), [])
  })

  it('wants a WEBHOOK_SECRET as Standard Webhooks has it', () => {
    const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`
    const withSecret = (WEBHOOK_SECRET: string) =>
      byProvider('webhook', { MAIL_HTTP_URL: 'http://a.b', WEBHOOK_SECRET })
    for (const good of [secret(24), secret(32), secret(64)]) {
      const { mail } = read(withSecret(good))
      assert.ok(mail.transport === 'http' && mail.webhookSecret === good)
    }
    const unpadded = secret(32).replaceAll('=', '')
    for (const bad of [
      secret(23),
      secret(65),
      unpadded,
      secret(32).slice(6),
      'hunter2',
      'whsec_',
      `${secret(24)} `,
    ]) {
      assert.deepEqual(complaints(withSecret(bad)), ['WEBHOOK_SECRET'])
    }
  })

  it('reads how to publish events', () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    assert.deepEqual(read({ EVENT_PUBLISHER: 'none' }).events, { publisher: 'none' })
    for (const url of ['amqp://localhost', 'amqps://user:word@mq.example:5671/accounts?heartbeat=5']) {
      const { events } = read({ EVENT_PUBLISHER: 'rabbitmq', AMQP_URL: url })
      assert.deepEqual(events, { publisher: 'rabbitmq', url })
    }
    const url = 'https://user:word%25@hooks.example/vestibule'
    const { events } = read({ EVENT_PUBLISHER: 'webhook', WEBHOOK_URL: url, WEBHOOK_SECRET: secret })
    assert.deepEqual(events, { publisher: 'webhook', url, secret })
  })

  it('refuses to publish events nowhere, or unsigned', () => {
    assert.deepEqual(complaints({ EVENT_PUBLISHER: 'rabbitmq' }), ['AMQP_URL'])
    assert.deepEqual(complaints({ EVENT_PUBLISHER: 'webhook' }), ['WEBHOOK_URL', 'WEBHOOK_SECRET'])
    const env = { EVENT_PUBLISHER: 'webhook', WEBHOOK_URL: 'http://a:50%@b', WEBHOOK_SECRET: 'hunter2' }
    assert.deepEqual(complaints(env), ['WEBHOOK_URL', 'WEBHOOK_SECRET'])
    for (const AMQP_URL of ['http://guest:hunter2@mq.example', 'mq.example', 'amqp:mq.example']) {
      assert.deepEqual(complaints({ EVENT_PUBLISHER: 'rabbitmq', AMQP_URL }), ['AMQP_URL'])
    }
    assert.doesNotMatch(messageOf({ ...env, WEBHOOK_URL: 'ftp://a:hunter2@b' }), /hunter2/)
  })

  it('reads how to reach a mail server', () => {
    const env = { MAIL_TRANSPORT: 'smtp', SMTP_URL: 'smtps://user:word@mail.example' }
    assert.deepEqual(read(env).mail, { transport: 'smtp', url: env.SMTP_URL })
    assert.deepEqual(read({ MAIL_TRANSPORT: 'smtp' }).mail, {
      transport: 'smtp',
      url: 'smtp://127.0.0.1:1025',
    })
  })
})

describe('readConfig, with NAME_FILE', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vestibule-config-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const file = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }

  it('reads the value of any variable from the file, without the line break at its end', () => {
    assert.equal(read({ SECRET_KEY_FILE: file('key', `${KEY}\n`) }).secretKey, KEY)
    assert.equal(read({ SECRET_KEY_FILE: file('crlf', `${KEY}\r\n`) }).secretKey, KEY)
    assert.equal(read({ SECRET_KEY_FILE: file('spaces', ` ${KEY}\n\n`) }).secretKey, ` ${KEY}\n`)
    assert.equal(read({ PORT_FILE: file('port', '9000') }).port, 9000)
  })

  it('checks it like any other', () => {
    const message = messageOf({ SECRET_KEY_FILE: file('short', 'hunter2'), PORT_FILE: file('bad', 'http') })
    assert.match(message, /\n {2}PORT must be/)
    assert.match(message, /\n {2}SECRET_KEY must have at least 32 bytes/)
    assert.ok(!message.includes('hunter2'))
  })

  it('refuses both at once, without repeating either', () => {
    const message = messageOf({
      SECRET_KEY: KEY,
      SECRET_KEY_FILE: file('both', 'another-key-that-is-long-enough-too'),
    })
    assert.match(message, /SECRET_KEY and SECRET_KEY_FILE are both set/)
    assert.ok(!message.includes(KEY) && !message.includes('another-key'))
  })

  it('complains once about a file that cannot be read', () => {
    const env = { ...PRODUCTION, SECRET_KEY: '', SECRET_KEY_FILE: join(folder, 'missing') }
    assert.deepEqual(complaints(env), ['SECRET_KEY'])
    assert.match(messageOf(env), /SECRET_KEY_FILE/)
  })
})
