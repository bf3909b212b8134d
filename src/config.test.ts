import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { complaints, messageOf, PRODUCTION, read } from '../test/support/config.ts'

describe('the configuration', () => {
  it('needs no variable for development', () => {
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

  it('has other defaults in production: no migration on start, no /docs, a JSON log', () => {
    const config = read(PRODUCTION, true)
    assert.equal(config.production, true)
    assert.equal(config.migrateOnStart, false)
    assert.equal(config.docsEnabled, false)
    assert.equal(config.logFormat, 'json')
  })

  it('has a pretty log on a terminal, and JSON elsewhere', () => {
    assert.equal(read({}, true).logFormat, 'pretty')
    assert.equal(read({}, false).logFormat, 'json')
  })

  it('takes the value of each variable that is set', () => {
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

  it('has the port of PORT in PUBLIC_URL when that is not set', () => {
    assert.equal(read({ PORT: '9000' }).publicUrl, 'http://localhost:9000')
  })

  it('treats an empty variable as one that is not set', () => {
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

  const bad: [name: string, rule: string, values: string[]][] = [
    ['PORT', 'a whole number from 0 to 65535', ['-1', '65536', '80.5', '8e3', '0x50', ' 80', 'NaN', '９']],
    ['CODE_TTL_SECONDS', 'a whole number from 1 to 3600', ['0', '3601', '-60']],
    ['MAIL_TIMEOUT_MS', 'a whole number from 100 to 300000', ['99', '300001', '1e9', '99999999999999999999']],
    ['ARGON2_MEMORY_KIB', 'a whole number from 8 to 4194304', ['7', 'lots']],
    ['LIMIT_SEND_SPACING_SECONDS', 'a whole number from 0 to 86400', ['-1', '86401', '30s']],
    ['LIMIT_SENDS_PER_HOUR', 'a whole number from 0 to 1000', ['-1', '1001', 'none']],
    [
      'LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR',
      'a whole number from 0 to 1000000',
      ['-1', '1000001', '1.5'],
    ],
    ['LIMIT_GUESSES_PER_NETWORK_PER_HOUR', 'a whole number from 0 to 1000000', ['-1', '1000001', 'off']],
    ['LIMIT_LOGIN_FAILURES_PER_QUARTER_HOUR', 'a whole number from 0 to 1000000', ['-1', '1000001', 'false']],
    ['LIMIT_LOGIN_FAILURES_PER_DAY', 'a whole number from 0 to 1000000', ['-1', '1000001', '1e3']],
    ['DOCS_ENABLED', 'one of: true, false', ['1', 'TRUE', 'on']],
    ['HIDE_REGISTERED_EMAILS', 'one of: true, false', ['1', 'TRUE', 'yes']],
    ['LOG_LEVEL', 'one of: trace, debug, info, warn, error, fatal, silent', ['WARN', 'loud', 'constructor']],
    ['EVENT_PUBLISHER', 'one of: console, none, rabbitmq, webhook', ['kafka']],
    ['MAIL_TRANSPORT', 'one of: mailbox, console, smtp, http', ['pigeon']],
    [
      'PUBLIC_URL',
      'a URL that begins with http:// or https://',
      ['accounts.example.com', 'https:accounts.example.com', 'ftp://example.com', '/'],
    ],
    [
      'MAIL_FROM',
      'an address, with or without a name',
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
  ]
  for (const [name, rule, values] of bad) {
    it(`says of any other ${name} that it must be ${rule}`, () => {
      for (const value of values) {
        assert.deepEqual(complaints({ [name]: value }), [name], value)
        assert.ok(messageOf({ [name]: value }).includes(`\n  ${name} must be ${rule}`), value)
      }
    })
  }

  it('says of a SECRET_KEY of fewer than 32 bytes that it must have them', () => {
    assert.match(messageOf({ SECRET_KEY: 'x'.repeat(31) }), /\n {2}SECRET_KEY must have at least 32 bytes/)
    assert.equal(read({ SECRET_KEY: 'é'.repeat(16) }).secretKey, 'é'.repeat(16))
  })

  it('needs DATABASE_URL, SECRET_KEY and an smtp or http MAIL_TRANSPORT in production', () => {
    assert.deepEqual(complaints({ NODE_ENV: 'production' }), ['DATABASE_URL', 'SECRET_KEY', 'MAIL_TRANSPORT'])
    for (const MAIL_TRANSPORT of ['console', 'mailbox']) {
      assert.deepEqual(complaints({ ...PRODUCTION, MAIL_TRANSPORT }), ['MAIL_TRANSPORT'])
    }
    assert.deepEqual(complaints(PRODUCTION), [])
  })

  it('needs SECRET_KEY together with DATABASE_URL', () => {
    assert.deepEqual(complaints({ DATABASE_URL: PRODUCTION.DATABASE_URL }), ['SECRET_KEY'])
  })

  it('repeats no bad value, which may be a secret', () => {
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
})
