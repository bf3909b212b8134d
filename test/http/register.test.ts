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
  it('answers with a UUIDv7, the address and that it is not active yet', async () => {
    const email = newAddress()
    const { status, headers, body } = await client.register(email, PASSWORD, { locale: 'fr-CA' })
    assert.equal(status, 201)
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
    assert.match(String(body.id), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepEqual(body, { id: body.id, email, is_active: false })
  })

  it('brings the address into its canonical form, under which it is taken', async () => {
    const canonical = newAddress()
    const registered = await client.register(` ${canonical.toUpperCase()}\t`)
    assert.equal(registered.status, 201)
    assert.equal(registered.body.email, canonical)
    assert.equal((await app.mail.mailTo(canonical)).to, canonical)
    assertProblem(await client.register(canonical), 'email_taken')
  })

  it('stores, mails and returns an international domain as its A-label, and knows both forms', async () => {
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

  it('keeps tags and dots apart', async () => {
    const email = newAddress()
    assert.equal((await client.register(email)).status, 201)
    assert.equal((await client.register(email.replace('@', '+tag@'))).status, 201)
    assert.equal((await client.register(email.replace('@', '.x@'))).status, 201)
  })

  it('takes colons, spaces, emoji and 128 code points in a password, which then works', async () => {
    for (const password of ['a:b:C d e f g', 'Zwölf 🔑 Zeichen', `Aa!${'🔑'.repeat(125)}`]) {
      const { email } = await signUpActive(app, { password })
      assert.equal((await client.me(email, password)).status, 200)
      assertProblem(await client.me(email, password.slice(0, -1)), 'invalid_credentials')
    }
  })

  it('takes the composed and the decomposed form of a password for the same', async () => {
    const password = 'Crème-brûlée-7'
    const one = await signUp(app, { password: password.normalize('NFD') })
    const other = await signUp(app, { password: password.normalize('NFC') })
    for (const { email } of [one, other]) {
      assert.equal((await client.me(email, password.normalize('NFC'))).status, 200)
      assert.equal((await client.me(email, password.normalize('NFD'))).status, 200)
    }
  })

  it('lists every broken rule at once, those of the shape and those of the fields', async () => {
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

  it('names what is missing, and takes no number, array, null or boolean for a string', async () => {
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

  it('refuses addresses that it could not mail to or that Basic credentials could not carry', async () => {
    const refused: [email: string, rule: string][] = [
      ['a\r\nBcc: b@example.com', 'email_control_character'],
      ['a\u0000@example.com', 'email_control_character'],
      ['a\u0085@example.com', 'email_control_character'],
      ['"a b"@example.com', 'email_quoted'],
      ['a(comment)@example.com', 'email_comment'],
      ['a@(comment)example.com', 'email_comment'],
      ['a@[127.0.0.1]', 'email_address_literal'],
      ['a@b@example.com', 'email_syntax'],
      ['@example.com', 'email_syntax'],
      ['.a@example.com', 'email_syntax'],
      ['a.@example.com', 'email_syntax'],
      ['a..b@example.com', 'email_syntax'],
      ['a:b@example.com', 'email_colon'],
      ['ä@example.com', 'email_local_part_not_ascii'],
      [`${'a'.repeat(65)}@example.com`, 'email_local_part_too_long'],
      [`a@${`${'b'.repeat(62)}.`.repeat(4)}example`, 'email_too_long'],
      [`a@${'b'.repeat(64)}.example`, 'email_domain'],
      ['a@localhost', 'email_domain'],
      ['a@', 'email_domain'],
      ['a@example..com', 'email_domain'],
      ['a@%41.example', 'email_domain'],
      ['a@127.1', 'email_domain'],
      ['a@\ud800.example', 'email_domain'],
    ]
    for (const [email, rule] of refused) assertInvalid(await client.register(email), `/email ${rule}`)
  })

  it('refuses passwords that break a rule, and never truncates one', async () => {
    const email = newAddress()
    const refused: [password: string, ...rules: string[]][] = [
      ['Elf-Zeichen', 'password_too_short'],
      ['Password123!', 'password_common'],
      ['correct-horse-7', 'password_upper_case'],
      ['CORRECT-HORSE-7', 'password_lower_case'],
      ['CorrectHorse77', 'password_special'],
      [`Aa!${'🔑'.repeat(126)}`, 'password_too_long'],
      ['Correct-Horse-\u0000', 'password_control_character'],
      ['Correct-Horse-\u007f', 'password_control_character'],
      ['Correct-Horse-\ud800', 'password_not_unicode'],
      ['', 'password_too_short', 'password_upper_case', 'password_lower_case', 'password_special'],
    ]
    for (const [password, ...rules] of refused) {
      assertInvalid(await client.register(email, password), ...rules.map(rule => `/password ${rule}`))
    }
    assert.equal((await client.register(email)).status, 201, 'nothing of that was registered')
  })

  it('refuses the address itself as a password', async () => {
    assertInvalid(
      await client.register('Someone@Example.com', 'Someone@Example.com'),
      '/password password_is_email',
    )
  })

  it('answers 409 while the code is live and for an active account, which stays as it is', async () => {
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
