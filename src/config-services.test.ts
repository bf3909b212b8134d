import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { complaints, messageOf, read } from '../test/support/config.ts'

describe('the configuration of mail', () => {
  it('takes SMTP_URL for MAIL_TRANSPORT=smtp, by default smtp://127.0.0.1:1025', () => {
    const env = { MAIL_TRANSPORT: 'smtp', SMTP_URL: 'smtps://user:word@mail.example' }
    assert.deepEqual(read(env).mail, { transport: 'smtp', url: env.SMTP_URL })
    assert.deepEqual(read({ MAIL_TRANSPORT: 'smtp' }).mail, {
      transport: 'smtp',
      url: 'smtp://127.0.0.1:1025',
    })
  })

  it('needs MAIL_HTTP_PROVIDER and MAIL_HTTP_URL for MAIL_TRANSPORT=http', () => {
    const env = {
      MAIL_TRANSPORT: 'http',
      MAIL_HTTP_PROVIDER: 'webhook',
      MAIL_HTTP_URL: 'https://mail.example',
    }
    const none = { apiKey: '', webhookSecret: undefined }
    const mail = { transport: 'http', provider: 'webhook', url: 'https://mail.example', ...none }
    assert.deepEqual(read(env).mail, mail)
    assert.deepEqual(complaints({ MAIL_TRANSPORT: 'http' }), ['MAIL_HTTP_PROVIDER'])
    assert.deepEqual(complaints({ MAIL_TRANSPORT: 'http', MAIL_HTTP_PROVIDER: 'webhook' }), ['MAIL_HTTP_URL'])
    assert.deepEqual(complaints({ ...env, MAIL_HTTP_PROVIDER: 'pigeon', MAIL_API_KEY: 'key' }), [
      'MAIL_HTTP_PROVIDER',
    ])
  })

  const byProvider = (MAIL_HTTP_PROVIDER: string, env: NodeJS.ProcessEnv = {}) => ({
    MAIL_TRANSPORT: 'http',
    MAIL_HTTP_PROVIDER,
    ...env,
  })

  it('needs MAIL_API_KEY for a provider, and knows the MAIL_HTTP_URL of resend, sendgrid and postmark', () => {
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

  it('needs the domain at the end of the MAIL_HTTP_URL of mailgun', () => {
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

  it('complains of credentials that the provider does not take, and repeats none', () => {
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

  it('needs a WEBHOOK_SECRET of 24 to 64 bytes in the form of Standard Webhooks', () => {
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
})

describe('the configuration of events', () => {
  it('takes AMQP_URL for EVENT_PUBLISHER=rabbitmq, WEBHOOK_URL and WEBHOOK_SECRET for webhook, nothing for none', () => {
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

  it('needs the address of the broker or webhook, and a secret to sign with', () => {
    assert.deepEqual(complaints({ EVENT_PUBLISHER: 'rabbitmq' }), ['AMQP_URL'])
    assert.deepEqual(complaints({ EVENT_PUBLISHER: 'webhook' }), ['WEBHOOK_URL', 'WEBHOOK_SECRET'])
    const env = { EVENT_PUBLISHER: 'webhook', WEBHOOK_URL: 'http://a:50%@b', WEBHOOK_SECRET: 'hunter2' }
    assert.deepEqual(complaints(env), ['WEBHOOK_URL', 'WEBHOOK_SECRET'])
    for (const AMQP_URL of ['http://guest:hunter2@mq.example', 'mq.example', 'amqp:mq.example']) {
      assert.deepEqual(complaints({ EVENT_PUBLISHER: 'rabbitmq', AMQP_URL }), ['AMQP_URL'])
    }
    assert.doesNotMatch(messageOf({ ...env, WEBHOOK_URL: 'ftp://a:hunter2@b' }), /hunter2/)
  })
})
