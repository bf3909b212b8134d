import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Client, createClient, newAddress, PASSWORD } from '../support/client.ts'
import { request, sendRaw } from '../support/raw-http.ts'
import { letTimePass, settledCode } from '../support/sign-up.ts'

const SUBJECTS: Record<string, string> = { en: 'Your activation code', fr: 'Votre code d’activation' }

describe('the language of a mail', () => {
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app.stop())

  /** Registers somebody whose browser says this, and tells what is stored of it and what mail came. */
  const register = async (acceptLanguage: string | undefined, body: object = {}, on = app) => {
    const email = newAddress()
    const headers: Record<string, string> =
      acceptLanguage === undefined ? {} : { 'accept-language': acceptLanguage }
    const answer = await createClient(on.url).ask('POST', '/users', {
      headers,
      body: { email, password: PASSWORD, ...body },
    })
    assert.equal(answer.status, 201)
    const { subject } = await on.mail.mailTo(email)
    const [row] = await on.database.rows<{ locale: string }>('select locale from users where email = $1', [
      email,
    ])
    return { stored: row?.locale, subject }
  }

  const accepted: [acceptLanguage: string, language: string][] = [
    ['fr', 'fr'],
    ['FR', 'fr'],
    ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
    ['fr-CA', 'fr'],
    ['de, fr;q=0.5, en;q=0.1', 'fr'],
    ['en;q=0.1, fr;q=0.2', 'fr'],
    ['en;q=0, fr', 'fr'],
    ['en;q=0, *', 'fr'],
    ['*', 'en'],
    ['de, *;q=0.5', 'en'],
    ['en-GB, fr;q=0.9', 'en'],
    // No match.
    ['de-CH, it', 'en'],
    ['en;q=0', 'en'],
    ['*;q=0', 'en'],
    // Garbage.
    ['', 'en'],
    [',;,;q=,-,--,', 'en'],
    ['fr;q=high', 'en'],
    ['fr;q=-1', 'en'],
    ['fr_CA', 'en'],
    ['constructor, __proto__', 'en'],
    ['<script>{{code}}\u00ff"\\', 'en'],
    ['fr,'.repeat(2700), 'en'],
    ['a;q="'.repeat(1600), 'en'],
    ['-'.repeat(8000), 'en'],
  ]
  for (const [acceptLanguage, language] of accepted) {
    it(`is ${language} for Accept-Language: ${acceptLanguage.slice(0, 40)}`, async () => {
      assert.deepEqual(await register(acceptLanguage), { stored: language, subject: SUBJECTS[language] })
    })
  }

  it('is chosen from several Accept-Language headers together, and DEFAULT_LOCALE without any', async () => {
    for (const [headers, language] of [
      [['Accept-Language: de', 'Accept-Language: fr'], 'fr'],
      [[], 'en'],
    ] as const) {
      const email = newAddress()
      const body = JSON.stringify({ email, password: PASSWORD })
      const sent = request('POST /users HTTP/1.1', ['Content-Type: application/json', ...headers], body)
      assert.equal((await sendRaw(app.url, sent))?.status, 201)
      assert.equal((await app.mail.mailTo(email)).subject, SUBJECTS[language])
    }
  })

  it('is that of locale in the body, before Accept-Language', async () => {
    assert.deepEqual(await register('en', { locale: 'fr' }), { stored: 'fr', subject: SUBJECTS.fr })
    assert.deepEqual(await register('fr', { locale: 'en-GB' }), { stored: 'en-GB', subject: SUBJECTS.en })
    assert.deepEqual(await register('en', { locale: 'fr-CA' }), { stored: 'fr-CA', subject: SUBJECTS.fr })
  })

  it('is DEFAULT_LOCALE when there are no mails in the locale of the body, which is stored all the same', async () => {
    assert.deepEqual(await register('fr', { locale: 'de-CH' }), { stored: 'de-CH', subject: SUBJECTS.en })
  })

  it('is the same for a code that is sent again', async () => {
    const email = newAddress()
    const client = createClient(app.url)
    await client.register(email, PASSWORD, { locale: 'fr' })
    await settledCode(app, email)
    await letTimePass(app, 61)
    assert.equal((await client.resend(email)).status, 202)
    assert.equal((await app.mail.mailTo(email, 2)).subject, SUBJECTS.fr)
  })

  it('is DEFAULT_LOCALE for Accept-Language without any language that there are mails in', async () => {
    const french = await startApp({ env: { DEFAULT_LOCALE: 'fr' } })
    try {
      for (const asked of [undefined, '*', 'de', 'fr;q=0']) {
        assert.deepEqual(await register(asked, {}, french), { stored: 'fr', subject: SUBJECTS.fr })
      }
      assert.deepEqual(await register('de', { locale: 'de' }, french), { stored: 'de', subject: SUBJECTS.fr })
      assert.deepEqual(await register('en', {}, french), { stored: 'en', subject: SUBJECTS.en })
    } finally {
      await french.stop()
    }
  })

  it('can be one that the operator has added in MAIL_TEMPLATES_DIR', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-templates-'))
    const sentences = {
      subject: 'Ihr Code',
      opening: 'Ihr Code',
      advice: '{{lifetime}}',
      not_you: '{{sender}}',
    }
    const wording = { activation_code: sentences, already_registered: sentences }
    await writeFile(join(folder, 'de.json'), JSON.stringify(wording))
    const german = await startApp({ env: { MAIL_TEMPLATES_DIR: folder } })
    try {
      assert.deepEqual(await register('de-CH, en;q=0.5', {}, german), { stored: 'de', subject: 'Ihr Code' })
    } finally {
      await german.stop()
      await rm(folder, { recursive: true })
    }
  })
})

describe('the language of a mail, with HIDE_REGISTERED_EMAILS', () => {
  let app: RunningApp
  let client: Client
  before(async () => {
    app = await startApp({ env: { HIDE_REGISTERED_EMAILS: 'true' } })
    client = createClient(app.url)
  })
  after(() => app.stop())

  it('is that of the owner of an account, whatever the registration of somebody else asks for', async () => {
    const email = newAddress()
    const answers = [await client.register(email, PASSWORD, { locale: 'fr' })]
    assert.equal((await app.mail.mailTo(email)).subject, SUBJECTS.fr)
    await client.activate(email, await settledCode(app, email))
    await letTimePass(app, 31)
    answers.push(await client.register(email, 'Another-Horse-8', { locale: 'en' }))
    assert.equal((await app.mail.mailTo(email, 2)).subject, 'Vous avez déjà un compte')
    for (const { status, body } of answers) {
      assert.deepEqual({ status, body }, { status: 202, body: { message: 'Look into your mail' } })
    }
  })
})

describe('a service with unusable mail templates', () => {
  it('does not start, and says all that is wrong with them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-templates-'))
    await writeFile(join(folder, 'layout.txt'), '{{cod}}')
    const env = { MAIL_TEMPLATES_DIR: folder, DEFAULT_LOCALE: 'it' }
    await assert.rejects(startApp({ env }), {
      name: 'TemplatesError',
      message: /\n {2}layout\.txt: \{\{cod\}\} is none of .*\n {2}DEFAULT_LOCALE must be .*: en, fr$/,
    })
    await rm(folder, { recursive: true })
  })
})
