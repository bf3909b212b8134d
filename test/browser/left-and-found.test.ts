import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import {
  button,
  codeField,
  giveCredentials,
  holdBack,
  IN_BROWSER,
  registerAndWait,
  seeStep,
  seeText,
  useBrowser,
} from '../support/browser.ts'
import { newAddress, PASSWORD } from '../support/client.ts'

describe('a page that is left and found again', IN_BROWSER, () => {
  const visit = useBrowser()
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app?.stop())

  /** Everything of a page that outlives what a person sees, or that a script could read. */
  const EVERYTHING = `JSON.stringify([
    location.href, history.state, { ...sessionStorage }, { ...localStorage }, document.cookie,
    document.documentElement.outerHTML, [...document.querySelectorAll('input')].map(({ value }) => value),
  ])`

  it('asks for the password again after a reload, and goes on from there', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    await page.reload()
    await seeStep(page, 'Enter your code')
    assert.equal(await page.locator('#sign-in-email').inputValue(), email)
    await giveCredentials(page, email)
    await seeText(page, /\d+ seconds left/)
    await codeField(page).fill(await app.mail.codeFor(email))
    await seeStep(page, 'Your account is active')
    await page.reload()
    await seeStep(page, 'Create your account')
  })

  it('follows the back and forward buttons of the browser', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    await page.goBack()
    await seeStep(page, 'Create your account')
    assert.equal(await page.locator('#register-email').inputValue(), email)
    await page.goForward()
    await seeStep(page, 'Enter your code')
    await giveCredentials(page, email)
    await codeField(page).fill(await app.mail.codeFor(email))
    await seeStep(page, 'Your account is active')
    await page.goBack()
    await seeStep(page, 'Create your account')
  })

  it('stores no password', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    const left = () => page.evaluate<string>(EVERYTHING)
    await page.locator('#register-email').fill(email)
    await page.locator('#register-password').fill(PASSWORD)
    assert.ok((await left()).includes(PASSWORD))
    await button(page, 'I already have a code').click()
    await seeStep(page, 'Enter your code')
    assert.ok(!(await left()).includes(PASSWORD))
    await page.goBack()

    await registerAndWait(page, email)
    assert.ok(!(await left()).includes(PASSWORD))
    await button(page, 'Use another address').click()
    await seeStep(page, 'Create your account')
    assert.ok(!(await left()).includes(PASSWORD))
    await page.goBack()
    await seeStep(page, 'Enter your code')
    await page.locator('#sign-in-password').fill(PASSWORD)
    await page.getByRole('checkbox', { name: 'Show the password' }).check()
    await button(page, 'Create an account instead').click()
    assert.ok(!(await left()).includes(PASSWORD))
    await page.goBack()
    assert.equal(await page.locator('#sign-in-password').getAttribute('type'), 'password')

    const { cookies, origins } = await page.context().storageState({ indexedDB: true })
    assert.deepEqual({ cookies, origins }, { cookies: [], origins: [] })
  })

  it('stays where it is when an answer comes after its step has been left', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    const { asked, letGo } = await holdBack(page, '/users/activate')
    await codeField(page).fill(await app.mail.codeFor(email))
    await asked
    await page.goBack()
    await seeStep(page, 'Create your account')
    await letGo()
    await button(page, 'I already have a code').click()
    await seeStep(page, 'Enter your code')
  })
})
