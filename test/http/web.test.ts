import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'
import { assertProblem } from '../support/problems.ts'

describe('GET /', { timeout: 60_000 }, () => {
  let app: RunningApp
  before(async () => {
    const env = { MAIL_FROM: '"Example & Co." <no-reply@example.com>', DOCS_ENABLED: 'false' }
    app = await startApp({ env })
  })
  after(() => app.stop())

  const get = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers })

  it('answers 200 with the sign-up form, also with DOCS_ENABLED=false, under the name of MAIL_FROM', async () => {
    const page = await get('/')
    assert.equal(page.status, 200)
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
    const html = await page.text()
    assert.match(html, /<p class="brand">Example &amp; Co\.<\/p>/)
    assert.doesNotMatch(html, /\{\{|undefined/)
  })

  const languages: [accepted: string | undefined, language: string][] = [
    ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
    ['de,en;q=0.5', 'en'],
    ['de', 'en'],
    ['fr;q=0', 'en'],
    [undefined, 'en'],
    ['garbage;;q=', 'en'],
  ]
  for (const [accepted, language] of languages) {
    it(`answers in ${language} to Accept-Language: ${accepted ?? '(none)'}`, async () => {
      const page = await get('/', accepted === undefined ? {} : { 'accept-language': accepted })
      assert.equal(page.headers.get('content-language'), language)
      assert.match(page.headers.get('vary') ?? '', /accept-language/i)
      assert.match(await page.text(), new RegExp(`<html lang="${language}"`))
    })
  }

  it('loads files of its own alone, each of which answers 200', async () => {
    const html = await (await get('/')).text()
    const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, file]) => file ?? '')
    assert.ok(files.includes('web/app.js') && files.includes('web/theme.css'))
    for (const file of files) {
      assert.match(file, /^web\/[a-z-]+\.(js|css|svg)$/)
      const response = await get(`/${file}`)
      assert.equal(response.status, 200, file)
      assert.match(response.headers.get('content-type') ?? '', /javascript|css|svg/)
      assert.match(response.headers.get('content-security-policy') ?? '', /script-src 'self'/)
    }
  })

  it('answers with an ETag and no-cache, and 304 to If-None-Match', async () => {
    for (const path of ['/', '/web/app.js']) {
      const first = await get(path)
      assert.equal(first.headers.get('cache-control'), 'no-cache')
      const etag = first.headers.get('etag') ?? ''
      assert.match(etag, /^"[\w-]+"$/)
      const again = await get(path, { 'if-none-match': etag })
      assert.equal(again.status, 304)
      assert.equal(await again.text(), '')
    }
    const english = await get('/')
    const french = await get('/', { 'accept-language': 'fr' })
    assert.notEqual(english.headers.get('etag'), french.headers.get('etag'))
  })

  it('has no other files: anything else below /web gets 404', async () => {
    for (const path of [
      '/web/',
      '/web/index.html',
      '/web/en.json',
      '/web/words/en.json',
      '/web/..%2fapp.ts',
      '/web/%2e%2e%2fconfig.ts',
      '/web/nothing.js',
      '/web/toString',
    ]) {
      const response = await createClient(app.url).ask('GET', path)
      assertProblem(response, 'not_found')
    }
    assertProblem(await createClient(app.url).ask('POST', '/'), 'method_not_allowed')
    assertProblem(await createClient(app.url).ask('POST', '/web/app.js'), 'method_not_allowed')
  })

  it('links to AFTER_ACTIVATION_URL when it is set', async () => {
    const html = await (await get('/')).text()
    assert.doesNotMatch(html, /class="button"|mailbox/i)
    const next = 'https://example.com/welcome?a=1&b=2'
    const other = await startApp({ env: { AFTER_ACTIVATION_URL: next } })
    try {
      const page = await (await fetch(other.url)).text()
      assert.match(page, /href="https:&#x2F;&#x2F;example\.com&#x2F;welcome\?a&#x3D;1&amp;b&#x3D;2"/)
    } finally {
      await other.stop()
    }
  })

  it('can take the rules for passwords from the patterns in /openapi.json', async () => {
    const { body: description } = await createClient(app.url).ask('GET', '/openapi.json')
    // biome-ignore lint/suspicious/noExplicitAny: a document of any shape, which the rest of the test looks into
    const { password } = (description as any).components.schemas.RegistrationBody.properties
    const rules: { pattern: string; 'x-rule': string }[] = password.allOf
    const broken = (password: string) =>
      rules.filter(({ pattern }) => !new RegExp(pattern, 'u').test(password)).map(rule => rule['x-rule'])
    assert.deepEqual(broken('Correct-Horse-7'), [])
    assert.deepEqual(broken('tiny-hat'), ['password_too_short', 'password_upper_case'])
    assert.deepEqual(broken('𝔸'.repeat(11)), ['password_too_short', ...broken('𝔸'.repeat(12))])
  })
})
