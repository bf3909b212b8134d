import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import pg from 'pg'
import type { Route } from 'playwright-core'
import { refuse } from '../../src/domain/refusals.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import {
  button,
  codeField,
  giveCredentials,
  holdBack,
  IN_BROWSER,
  registerAndWait,
  requestsTo,
  seeStep,
  seeText,
  useBrowser,
} from '../support/browser.ts'
import { newAddress, PASSWORD } from '../support/client.ts'
import { letTimePass, otherThan, settledCode } from '../support/sign-up.ts'

describe('what goes wrong in a browser', IN_BROWSER, () => {
  const visit = useBrowser()
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app?.stop())

  const OFFLINE = 'You are offline. Nothing is lost: try again when you are back.'
  const GONE = 'We cannot be reached just now. Nothing is lost: try again in a moment.'

  const appOf = async (t: TestContext, options: Parameters<typeof startApp>[0]): Promise<RunningApp> => {
    const own = await startApp(options)
    t.after(own.stop)
    return own
  }

  it('can be done again when the network is back', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await page.context().setOffline(true)
    await giveCredentials(page, email)
    await seeText(page, OFFLINE)
    await page.context().setOffline(false)
    await button(page, 'Create account').click()
    await seeText(page, /\d+ seconds left/)

    await page.context().setOffline(true)
    const code = await settledCode(app, email)
    await codeField(page).fill(code)
    await seeText(page, OFFLINE)
    await letTimePass(app, 31)
    await page.context().setOffline(false)
    await codeField(page).press('Enter')
    await seeStep(page, 'Your account is active')
  })

  it('does not spend the waiting time when a new code is asked for without a network', async t => {
    const page = await visit(t, app.url)
    await page.clock.install()
    await page.reload()
    const email = newAddress()
    await registerAndWait(page, email)
    await letTimePass(app, 31)
    await page.clock.runFor(31_000)
    await page.context().setOffline(true)
    await button(page, 'Send a new code').click()
    await seeText(page, OFFLINE)
    assert.equal(await button(page, 'Send a new code').getAttribute('aria-disabled'), null)
    await page.context().setOffline(false)
    await button(page, 'Send a new code').click()
    await seeText(page, 'A new code is on its way.')
    assert.equal(await page.getByText(OFFLINE).isVisible(), false)
  })

  it('is told when the service is gone', async t => {
    const own = await startApp()
    const page = await visit(t, own.url)
    const email = newAddress()
    await registerAndWait(page, email)
    await own.stop()
    await codeField(page).fill('1234')
    await seeText(page, GONE)
    await page.goBack()
    await giveCredentials(page, email)
    await seeText(page, GONE)
    assert.equal(await page.locator('#register-password').inputValue(), PASSWORD)
  })

  it('is told with the time when it was too often', async t => {
    const own = await appOf(t, { env: { LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '1' } })
    const page = await visit(t, own.url)
    await registerAndWait(page, newAddress())
    await page.goBack()
    await giveCredentials(page, newAddress())
    await seeText(page, /That was too often\. Try again in (60|59) minutes\./)
  })

  it('is told with the time when guesses are too many', async t => {
    const own = await appOf(t, { env: { LIMIT_GUESSES_PER_NETWORK_PER_HOUR: '1' } })
    const page = await visit(t, own.url)
    const email = newAddress()
    await registerAndWait(page, email)
    await codeField(page).fill(otherThan(await settledCode(own, email)))
    await seeText(page, '2 attempts left')
    await button(page, 'Activate').click()
    await seeText(page, /That was too often\. Try again in (60|59) minutes\./)
    await seeText(page, '2 attempts left')
  })

  it('is told with the time when the database does not answer', async t => {
    const own = await appOf(t, { env: { DATABASE_TIMEOUT_MS: '300' } })
    const page = await visit(t, own.url)
    const session = new pg.Client({ connectionString: own.database.url })
    await session.connect()
    await session.query('begin; lock table users in access exclusive mode')
    await giveCredentials(page, newAddress())
    await seeText(page, /Something on our side does not answer\. Try again in \d+ seconds?\./)
    await session.end()
    await button(page, 'Create account').click()
    await seeText(page, /\d+ seconds left/)
  })

  it('is told while the status of the code cannot be had, and goes on when it can', async t => {
    const own = await appOf(t, { env: { DATABASE_TIMEOUT_MS: '300' } })
    const page = await visit(t, own.url)
    const session = new pg.Client({ connectionString: own.database.url })
    await session.connect()
    const lockFirst = async (route: Route) => {
      await session.query('begin; lock table users in access exclusive mode')
      await route.continue()
    }
    await page.route('**/users/me/code', lockFirst, { times: 1 })
    await giveCredentials(page, newAddress())
    await seeText(page, /Something on our side does not answer\./)
    await session.end()
    await seeText(page, /\d+ seconds left/)
  })

  it('is told with the time when there is too much to do', async t => {
    const overloaded = async () => refuse({ refusal: 'overloaded', retryAfterSeconds: 3 })
    const own = await appOf(t, {
      parts: { hashing: { hashPassword: overloaded, verifyPassword: overloaded } },
    })
    const page = await visit(t, own.url)
    await giveCredentials(page, newAddress())
    await seeText(page, 'There is a lot going on just now. Try again in 3 seconds.')
  })

  it('is told the number of a bug', async t => {
    const broken = async () => {
      throw new Error('the inside story')
    }
    const own = await appOf(t, { parts: { hashing: { hashPassword: broken, verifyPassword: broken } } })
    const page = await visit(t, own.url)
    const answered = page.waitForResponse(/\/users$/)
    await giveCredentials(page, newAddress())
    const id = (await answered).headers()['x-correlation-id']
    await seeText(page, `Something went wrong on our side. If it stays so, tell us this number: ${id}`)
  })

  it('is not sent twice by somebody who presses twice', async t => {
    const page = await visit(t, app.url)
    const registrations = requestsTo(page, '/users')
    await page.locator('#register-email').fill(newAddress())
    await page.locator('#register-password').fill(PASSWORD)
    await page.evaluate(
      "const press = document.querySelector('#register [type=submit]'); press.click(); press.click()",
    )
    await seeStep(page, 'Look into your mail')
    assert.equal(registrations.length, 1)
  })
})

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

  it('asks for the password again when it is loaded again, and goes on from there', async t => {
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

  it('goes back and forth with the buttons of the browser', async t => {
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

  it('keeps no password behind', async t => {
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

  it('does not jump to the end when the answer comes after its step has been left', async t => {
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
