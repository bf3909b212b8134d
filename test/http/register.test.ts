import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { assertInvalid, assertProblem } from '../support/problems.ts'
import { letTimePass, signUp, signUpActive } from '../support/sign-up.ts'

const app = await startApp()
const client = createClient(app.url)
after(() => app.stop())

describe('POST /users', () => {
  it('answers 201 with a UUIDv7, the address and is_active false', async () => {
    const email = newAddress()
    const { status, headers, body } = await client.register(email, PASSWORD, { locale: 'fr-CA' })
    assert.equal(status, 201)
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
    assert.match(String(body.id), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepEqual(body, { id: body.id, email, is_active: false })
  })

  it('stores, mails and answers the address in its canonical form: trimmed, in lower case', async () => {
    const canonical = newAddress()
    const registered = await client.register(` ${canonical.toUpperCase()}\t`)
    assert.equal(registered.status, 201)
    assert.equal(registered.body.email, canonical)
    assert.equal((await app.mail.mailTo(canonical)).to, canonical)
    assertProblem(await client.register(canonical), 'email_taken')
  })

  it('stores, mails and answers an international domain as its A-label; both forms authenticate', async () => {
    const local = newAddress().split('@')[0]
    const canonical = `${local}@xn--bcher-kva.example`
    const registered = await client.register(`${local}@Bücher.example`)
    assert.equal(registered.status, 201)
    assert.equal(registered.body.email, canonical)
    assert.equal((await app.mail.mailTo(canonical)).to, canonical)
    assert.equal((await client.me(`${local}@bücher.example`)).body.email, canonical)
    assert.equal((await client.me(canonical)).body.email, canonical)
    assertProblem(await client.register(canonical), 'email_taken')
  })

  it('answers 201 to an address that differs from another one in a tag or a dot', async () => {
    const email = newAddress()
    assert.equal((await client.register(email)).status, 201)
    assert.equal((await client.register(email.replace('@', '+tag@'))).status, 201)
    assert.equal((await client.register(email.replace('@', '.x@'))).status, 201)
  })

  it('takes colons, spaces, emoji and 128 code points in a password, which then authenticates', async () => {
    for (const password of ['a:b:C d e f g', 'Zwölf 🔑 Zeichen', `Aa!${'🔑'.repeat(125)}`]) {
      const { email } = await signUpActive(app, { password })
      assert.equal((await client.me(email, password)).status, 200)
      assertProblem(await client.me(email, password.slice(0, -1)), 'invalid_credentials')
    }
  })

  it('treats the composed and the decomposed form of a password (NFC, NFD) as the same', async () => {
    const password = 'Crème-brûlée-7'
    const one = await signUp(app, { password: password.normalize('NFD') })
    const other = await signUp(app, { password: password.normalize('NFC') })
    for (const { email } of [one, other]) {
      assert.equal((await client.me(email, password.normalize('NFC'))).status, 200)
      assert.equal((await client.me(email, password.normalize('NFD'))).status, 200)
    }
  })

  it('answers 422 validation_failed with every broken rule at once, of shape, address and password', async () => {
    assertInvalid(
      await client.ask('POST', '/users', {
        body: { email: 'someone', password: 'kxqzw', locale: '?', is_active: true },
      }),
      '/email email_syntax',
      '/is_active unknown_field',
      '/locale locale_format',
      '/password password_special',
      '/password password_too_short',
      '/password password_upper_case',
    )
    assertInvalid(
      await client.register('a:b@localhost', '\u0000'),
      '/email email_colon',
      '/email email_domain',
      '/password password_control_character',
      '/password password_lower_case',
      '/password password_special',
      '/password password_too_short',
      '/password password_upper_case',
    )
  })

  it('answers 422 with the rule required for a missing field, and type for a number, array, object, null or boolean', async () => {
    assertInvalid(await client.ask('POST', '/users', { body: {} }), '/email required', '/password required')
    for (const value of [12345678, ['Correct-Horse-7'], null, true, { a: 1 }]) {
      assertInvalid(
        await client.ask('POST', '/users', { body: { email: value, password: value, locale: value } }),
        '/email type',
        '/password type',
        '/locale type',
      )
    }
  })

  it('answers 409 email_taken while the code is live and once the account is active, and changes nothing', async () => {
    const pending = await signUp(app)
    assertProblem(await client.register(pending.email, 'Another-Horse-8'), 'email_taken')
    // Another mail could be sent by now: it is the code that stands in the way.
    await letTimePass(app, 31)
    assertProblem(await client.register(pending.email, 'Another-Horse-8'), 'email_taken')
    assert.equal((await client.activate(pending.email, pending.code)).status, 200)

    await letTimePass(app, 100)
    assertProblem(await client.register(pending.email, 'Another-Horse-8'), 'email_taken')
    assert.equal((await client.me(pending.email)).body.is_active, true)
    assertProblem(await client.me(pending.email, 'Another-Horse-8'), 'invalid_credentials')
  })
})
