import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { button, giveCredentials, IN_BROWSER, seeText, step, useBrowser } from '../support/browser.ts'
import { newAddress } from '../support/client.ts'

/** All files together, as they are, in one language. */
const MOST_BYTES = 40 * 1024

describe('the page', IN_BROWSER, () => {
  const visit = useBrowser()
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app?.stop())

  it('speaks the language of its reader, from the first word to the mail', async t => {
    const page = await visit(t, app.url, { locale: 'fr-CA' })
    assert.equal(await page.locator('html').getAttribute('lang'), 'fr')
    assert.equal(await page.title(), 'Créez votre compte · Vestibule')
    await giveCredentials(page, 'ada@localhost')
    await seeText(page, 'L’adresse doit avoir un domaine')
    const email = newAddress()
    await giveCredentials(page, email)
    await seeText(page, /Encore \d+\ssecondes/)
    assert.equal(await page.title(), 'Consultez vos e-mails · Vestibule')
    await seeText(page, (await app.mail.mailTo(email)).subject)
  })

  it('tells a visitor without JavaScript what to do, and shows no form', async t => {
    const page = await visit(t, app.url, { javaScriptEnabled: false })
    await page.getByRole('heading', { name: 'This page needs JavaScript' }).waitFor()
    assert.equal(await page.locator('form:visible').count(), 0)
    assert.match(await page.locator('pre').innerText(), /curl http:\/\/localhost:8000\/users -H/)
  })

  it('is at most 40 KiB in all', async t => {
    const page = await visit(t, app.url)
    const asked: string[] = []
    page.on('request', request => asked.push(request.url()))
    await page.reload({ waitUntil: 'networkidle' })
    const files = [...new Set(asked)]
    assert.ok(files.includes(`${app.url}/web/app.js`) && files.includes(`${app.url}/web/style.css`))
    const sizes = await Promise.all(
      files.map(async url => (await (await fetch(url)).arrayBuffer()).byteLength),
    )
    const bytes = sizes.reduce((sum, size) => sum + size)
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes: ${files.map((url, index) => `${url} ${sizes[index]}`)}`)
  })

  it('names the purpose of each field, puts nothing into an address, and takes its colours from CSS variables', async t => {
    const page = await visit(t, app.url)
    const attributes = (selector: string, name: string) =>
      page
        .locator(selector)
        .evaluateAll((elements, name) => elements.map(element => element.getAttribute(name)), name)
    // For managers of passwords, and for the keyboards of phones.
    assert.deepEqual(await attributes('input[name]', 'autocomplete'), [
      'username',
      'new-password',
      'username',
      'current-password',
      'one-time-code',
    ])
    assert.equal(await page.locator('#code').getAttribute('inputmode'), 'numeric')
    // What was typed, when the scripts have failed.
    assert.deepEqual(await attributes('form', 'method'), ['post', 'post', 'post'])

    const accent = () =>
      button(page, 'Create account').evaluate(element =>
        element.computedStyleMap().get('background-color')?.toString(),
      )
    await page.evaluate("document.documentElement.style.setProperty('--accent', 'rgb(1, 2, 3)')")
    assert.equal(await accent(), 'rgb(1, 2, 3)')
    assert.equal(await step(page).count(), 1)
  })
})
