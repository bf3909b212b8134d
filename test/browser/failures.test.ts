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
  IN_BROWSER,
  registerAndWait,
  requestsTo,
  seeStep,
  seeText,
  useBrowser,
} from '../support/browser.ts'
import { newAddress, PASSWORD } from '../support/client.ts'
import { letTimePass, otherThan, settledCode } from '../support/sign-up.ts'

describe('a failure in a browser', IN_BROWSER, () => {
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

  it('of the network can be tried again when that is back', async t => {
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

  it('by 429, of a new code, is shown with the seconds to wait, and one without a network adds none', async t => {
    const page = await visit(t, app.url)
    await page.clock.install()
    await page.reload()
    await registerAndWait(page, newAddress())
    // Whatever the clock of the page says.
    await page.clock.runFor(31_000)
    await button(page, 'Send a new code').click()
    await seeText(page, /That was too often\. Try again in (30|2\d) seconds\./)
    await button(page, /New code in (30|2\d) seconds/).waitFor()
    assert.equal(await page.locator('#resend').getAttribute('aria-disabled'), 'true')

    await letTimePass(app, 31)
    await page.clock.runFor(31_000)
    await page.context().setOffline(true)
    await button(page, 'Send a new code').click()
    await seeText(page, OFFLINE)
    assert.equal(await page.locator('#resend').getAttribute('aria-disabled'), null)
    await page.context().setOffline(false)
    await button(page, 'Send a new code').click()
    await seeText(page, 'A new code is on its way.')
    assert.equal(await page.getByText(OFFLINE).isVisible(), false)
  })

  it('to reach the service is shown', async t => {
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

  it('by 429, of guesses or registrations, is shown with the time to wait', async t => {
    const own = await appOf(t, {
      env: { LIMIT_GUESSES_PER_NETWORK_PER_HOUR: '1', LIMIT_REGISTRATIONS_PER_NETWORK_PER_HOUR: '1' },
    })
    const page = await visit(t, own.url)
    const email = newAddress()
    await registerAndWait(page, email)
    await codeField(page).fill(otherThan(await settledCode(own, email)))
    await seeText(page, '2 attempts left')
    await button(page, 'Activate').click()
    await seeText(page, /That was too often\. Try again in (60|59) minutes\./)
    await seeText(page, '2 attempts left')
    await page.goBack()
    await giveCredentials(page, newAddress())
    await seeText(page, /That was too often\. Try again in (60|59) minutes\./)
  })

  it('by 503 unavailable is shown, and over when the database answers', async t => {
    const own = await appOf(t, { env: { DATABASE_TIMEOUT_MS: '1000' } })
    const page = await visit(t, own.url)
    const lock = async () => {
      const session = new pg.Client({ connectionString: own.database.url })
      await session.connect()
      await session.query('begin; lock table users in access exclusive mode')
      return session
    }
    const locked = await lock()
    await giveCredentials(page, newAddress())
    await seeText(page, /Something on our side does not answer\. Try again in \d+ seconds?\./)
    await locked.end()

    // The same, of the status of the code, once the registration is through.
    const lockedAgain = Promise.withResolvers<pg.Client>()
    const lockFirst = async (route: Route) => {
      lockedAgain.resolve(await lock())
      await route.continue()
    }
    await page.route('**/users/me/code', lockFirst, { times: 1 })
    await button(page, 'Create account').click()
    await seeStep(page, 'Look into your mail')
    await seeText(page, /Something on our side does not answer\./)
    await (await lockedAgain.promise).end()
    await seeText(page, /\d+ seconds left/)
  })

  it('by 503 overloaded is shown with the time to wait, one by 500 with its correlation id', async t => {
    let isBroken = true
    const hash = async () => {
      if (isBroken) throw new Error('the inside story')
      return refuse({ refusal: 'overloaded', retryAfterSeconds: 3 })
    }
    const own = await appOf(t, { standIns: { hashing: { hashPassword: hash, verifyPassword: hash } } })
    const page = await visit(t, own.url)
    const answered = page.waitForResponse(/\/users$/)
    await giveCredentials(page, newAddress())
    const id = (await answered).headers()['x-correlation-id']
    await seeText(page, `Something went wrong on our side. If it stays so, tell us this number: ${id}`)
    isBroken = false
    await button(page, 'Create account').click()
    await seeText(page, 'There is a lot going on just now. Try again in 3 seconds.')
  })

  it('cannot come from pressing twice: the form is sent once', async t => {
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
