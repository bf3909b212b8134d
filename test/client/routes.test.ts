import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type Client, createClient } from '../../client/src/client.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import { newAddress, PASSWORD } from '../support/client.ts'
import { letTimePass, settledCode, signUp, signUpActive } from '../support/sign-up.ts'

describe('the client', () => {
  let app: RunningApp
  let client: Client
  before(async () => {
    app = await startApp({ env: { TRUST_PROXY: '127.0.0.1' } })
    client = createClient({ url: app.url })
  })
  after(() => app.stop())

  it('registers, activates and shows the account', async () => {
    const email = newAddress()
    const registered = await client.register({ email: email.toUpperCase(), password: PASSWORD })
    assert.ok(registered.ok && registered.status === 201)
    const { id } = registered.body
    assert.deepEqual(registered.body, { id, email, is_active: false })

    const credentials = { email, password: PASSWORD }
    const pending = await client.account(credentials)
    assert.ok(pending.ok)
    assert.equal(pending.body.activated_at, null)

    const activated = await client.activate(credentials, await app.mail.codeFor(email))
    assert.deepEqual(activated, {
      ok: true,
      status: 200,
      body: { message: 'Account activated successfully' },
    })
    const account = await client.account(credentials)
    assert.ok(account.ok)
    const { created_at, activated_at } = account.body
    assert.deepEqual(account.body, { id, email, is_active: true, created_at, activated_at })
    assert.ok(activated_at !== null && activated_at > created_at)
  })

  it('asks for a new code, and tells how it is doing', async () => {
    const credentials = await signUp(app)
    await letTimePass(app, 31)
    const sent = await client.resendCode(credentials)
    assert.ok(sent.ok)
    assert.equal(sent.body.retry_after, 30)
    const code = await settledCode(app, credentials.email, 2)

    const status = await client.codeStatus(credentials)
    assert.ok(status.ok)
    const { length, attempts_left, expires_in, resend_in } = status.body
    assert.deepEqual([length, attempts_left], [4, 3])
    assert.ok(expires_in !== null && expires_in <= 60 && resend_in <= 30)
    assert.ok((await client.activate(credentials, code)).ok)
  })

  it('asks for mails in a language, and sends no more of a person than it is asked to', async () => {
    const email = newAddress()
    const person = { email, password: PASSWORD, locale: 'fr', newsletter: true }
    assert.ok((await client.register(person)).ok)
    assert.match((await app.mail.mailTo(email)).subject, /activation/)
    const [row] = await app.database.rows('select locale from users where email = $1', [email])
    assert.equal(row?.locale, 'fr')
  })

  it('sends passwords of all kinds in UTF-8, colons included', async () => {
    for (const password of ['Ünïcode-Pferd-7 🐎', 'With:colons:Everywhere', 'Ends-With-A-Quote"\\']) {
      const person = await signUpActive(app, { password })
      assert.ok((await client.account(person)).ok, password)
    }
  })

  it('sends the headers of the client, and those of one request', async () => {
    const [always, now] = [randomUUID(), randomUUID()]
    const headers = { 'x-forwarded-for': '192.0.2.1', 'x-correlation-id': always }
    const proxied = createClient({ url: app.url, headers })
    const nobody = { email: newAddress(), password: PASSWORD }
    await proxied.account(nobody)
    await proxied.account(nobody, { headers: { 'x-correlation-id': now } })
    for (const correlation_id of [always, now]) {
      const line = await app.logLine({ audit: 'credentials_refused', correlation_id })
      assert.equal(line.network, '192.0.2.0/24')
    }
  })

  it('reaches a service below a path, with or without a slash at the end', async () => {
    const asked: string[] = []
    const elsewhere = (url: string) =>
      createClient({
        url,
        fetch: (input, init) => {
          asked.push(String(input))
          return fetch(new URL(new URL(String(input)).pathname.replace('/accounts', ''), app.url), init)
        },
      })
    const person = await signUp(app)
    for (const url of ['https://example.com/accounts', 'https://example.com/accounts/']) {
      assert.ok((await elsewhere(url).account(person)).ok)
    }
    assert.deepEqual(asked, Array(2).fill('https://example.com/accounts/users/me'))
  })
})

describe('the client of a service that hides who is registered', () => {
  it('registers without learning whether the address is taken', async () => {
    const app = await startApp({ env: { HIDE_REGISTERED_EMAILS: 'true' } })
    try {
      const client = createClient({ url: app.url })
      const credentials = { email: newAddress(), password: PASSWORD }
      const taken = { ok: true, status: 202, body: { message: 'Look into your mail' } }
      assert.deepEqual(await client.register(credentials), taken)
      assert.ok((await client.activate(credentials, await app.mail.codeFor(credentials.email))).ok)
      assert.deepEqual(await client.register(credentials), taken)
    } finally {
      await app.stop()
    }
  })
})

describe('a request whose answer got lost', () => {
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app.stop())

  /** Takes effect, and nobody learns of it. */
  const deaf = () =>
    createClient({
      url: app.url,
      fetch: async (input, init) => {
        await (await fetch(input, init)).text()
        throw new TypeError('the connection was lost')
      },
    })

  it('can be repeated: who has registered is told so, and has an account', async () => {
    const client = createClient({ url: app.url })
    const credentials = { email: newAddress(), password: PASSWORD }
    await assert.rejects(deaf().register(credentials), /no answer/)
    const again = await client.register(credentials)
    assert.ok(!again.ok && again.problem.code === 'email_taken')
    assert.ok((await client.account(credentials)).ok)

    const code = await app.mail.codeFor(credentials.email)
    await assert.rejects(deaf().activate(credentials, code), /no answer/)
    const activated = await client.activate(credentials, code)
    assert.ok(!activated.ok && activated.problem.code === 'already_active')
    const account = await client.account(credentials)
    assert.ok(account.ok && account.body.is_active)
  })
})
