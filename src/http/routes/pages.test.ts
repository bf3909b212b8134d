import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { PUBLIC_URL, startHttpWorld, useHttpWorld } from '../../../test/support/http-world.ts'
import { assertProblem } from '../../../test/support/problems.ts'
import { PASSWORD_PATTERNS } from '../../domain/password.ts'
import { PROBLEMS } from '../problems.ts'

const world = useHttpWorld()

describe('GET /health', { timeout: 30_000 }, () => {
  it('answers 200 while the process lives, and while it can do its work', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await world.client.ask('GET', path)
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.body, { status: 'ok' })
    }
  })

  for (const [what, draining, answers] of [
    ['the database does not answer', false, false],
    ['the service is draining', true, true],
  ] as const) {
    it(`answers 503 to the question for readiness alone while ${what}`, async t => {
      const { client } = await startHttpWorld(t, {
        isDraining: () => draining,
        databaseAnswers: async () => answers,
      })
      const ready = await client.ask('GET', '/health/ready')
      assertProblem(ready, 'unavailable')
      assert.equal(ready.headers.get('retry-after'), '1')
      assert.equal((await client.ask('GET', '/health/live')).status, 200)
    })
  }
})

describe('GET /problems/<code>', { timeout: 30_000 }, () => {
  it('explains a problem on a page', async () => {
    for (const [code, { status, title, detail }] of Object.entries(PROBLEMS)) {
      const answer = await world.client.ask('GET', `/problems/${code}`)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
      const html = String(answer.body.text)
      assert.ok(html.startsWith('<!doctype html>\n<html lang="en">'))
      for (const part of [
        `<h1>${title}</h1>`,
        `<code>${code}</code> · HTTP status ${status}`,
        `<p>${detail}</p>`,
      ]) {
        assert.ok(html.includes(part), part)
      }
    }
  })

  it('shows signs of HTML as they are', async t => {
    const page = String((await world.client.ask('GET', '/problems/invalid_credentials')).body.text)
    assert.match(page, /base64 of "email:password"/)
    const { remedy } = PROBLEMS.invalid_credentials
    Object.assign(PROBLEMS.invalid_credentials, { remedy: 'a < b > c & d < e > f & g' })
    t.after(() => Object.assign(PROBLEMS.invalid_credentials, { remedy }))
    const odd = String((await world.client.ask('GET', '/problems/invalid_credentials')).body.text)
    assert.ok(odd.includes('<p>a &lt; b &gt; c &amp; d &lt; e &gt; f &amp; g</p>'))
  })

  it('answers 404 for a problem there is not', async () => {
    for (const code of ['nothing', 'toString', '__proto__', 'x'.repeat(500)]) {
      assertProblem(await world.client.ask('GET', `/problems/${code}`), 'not_found')
    }
  })
})

describe('the sign-up form', { timeout: 30_000 }, () => {
  it('is a page in the language of the browser', async () => {
    for (const [accepted, language] of [
      ['fr-CA', 'fr'],
      ['en', 'en'],
      ['de', 'en'],
    ] as const) {
      const page = await world.client.ask('GET', '/', { headers: { 'accept-language': accepted } })
      assert.equal(page.status, 200)
      assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
      assert.equal(page.headers.get('content-language'), language)
      assert.equal(page.headers.get('vary'), 'accept-language')
      const html = String(page.body.text)
      assert.match(html, new RegExp(`<html lang="${language}" dir="ltr"`))
      assert.match(html, new RegExp(`subject in ${language}`))
      assert.match(html, /Example &amp; Co\./)
      assert.doesNotMatch(html, /\{\{|undefined/)
    }
  })

  it('holds what its script needs, safe within attributes', async () => {
    const html = String(
      (await world.client.ask('GET', '/', { headers: { 'accept-language': 'fr' } })).body.text,
    )
    const attributes = [...html.matchAll(/data-[a-z-]+='([^']*)'/g)].map(([, value = '']) => {
      assert.doesNotMatch(value, /</)
      const text = value.replaceAll('&lt;', '<').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
      return JSON.parse(text)
    })
    assert.ok(attributes.some(value => JSON.stringify(value) === JSON.stringify(PASSWORD_PATTERNS)))
    const { messages, problems, rules } = JSON.parse(
      await readFile(new URL('../../web/words/fr.json', import.meta.url), 'utf8'),
    )
    assert.deepEqual(
      attributes.find(value => 'problems' in value),
      { messages, problems, rules },
    )
    assert.ok(html.includes(PUBLIC_URL) || html.includes(PUBLIC_URL.replaceAll('/', '&#x2F;')))
  })

  it('loads each of its modules, and its script last of all once', async () => {
    const html = String((await world.client.ask('GET', '/')).body.text)
    const preloaded = [...html.matchAll(/modulepreload" href="web\/([^"]+)"/g)].map(([, name = '']) => name)
    assert.ok(preloaded.length > 0)
    for (const name of preloaded) assert.match(name, /\.js$/)
    assert.ok(!preloaded.includes('app.js'))
    for (const name of preloaded) assert.equal((await world.client.ask('GET', `/web/${name}`)).status, 200)
  })

  it('shows the mailbox, and where to go afterwards, where there are such places', async t => {
    const places = ['http://mailbox.example', 'http://welcome.example']
    const plain = String((await world.client.ask('GET', '/')).body.text)
    assert.doesNotMatch(plain, /\.example/)
    const { client: other } = await startHttpWorld(t, {
      web: {
        publicUrl: PUBLIC_URL,
        sender: 'Vestibule',
        subject: () => '',
        mailboxUrl: places[0],
        afterActivationUrl: places[1],
      },
    })
    const html = String((await other.ask('GET', '/')).body.text).replaceAll('&#x2F;', '/')
    for (const place of places) assert.ok(html.includes(place ?? ''), place)
  })

  it('has its files served with their types', async () => {
    for (const [name, type] of [
      ['app.js', 'text/javascript; charset=utf-8'],
      ['theme.css', 'text/css; charset=utf-8'],
      ['logo.svg', 'image/svg+xml'],
    ] as const) {
      const answer = await world.client.ask('GET', `/web/${name}`)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), type)
    }
    for (const name of ['index.html', 'words', 'toString']) {
      assertProblem(await world.client.ask('GET', `/web/${name}`), 'not_found')
    }
  })

  it('is kept by browsers, which ask whether it is still the same', async () => {
    for (const path of ['/', '/web/theme.css']) {
      const { headers } = await world.client.ask('GET', path)
      assert.equal(headers.get('cache-control'), 'no-cache')
      const etag = headers.get('etag') ?? ''
      assert.match(etag, /^"[\w-]{22}"$/)
      const again = await world.client.ask('GET', path, { headers: { 'if-none-match': etag } })
      assert.equal(again.status, 304)
      assert.equal(again.body.text, '')
      const other = await world.client.ask('GET', path, { headers: { 'if-none-match': '"other"' } })
      assert.equal(other.status, 200)
    }
  })
})
