import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { HandOverResult } from '../../src/application/outbox.ts'
import { type RunningApp, startApp } from '../support/app.ts'
import {
  button,
  codeField,
  comesBack,
  focused,
  giveCredentials,
  holdBack,
  IN_BROWSER,
  registerAndWait,
  requestsTo,
  seeStep,
  seeText,
  step,
  useBrowser,
} from '../support/browser.ts'
import { newAddress } from '../support/client.ts'
import { letTimePass, otherThan, settledCode } from '../support/sign-up.ts'

describe('the step that asks for the code', IN_BROWSER, () => {
  const visit = useBrowser()
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app?.stop())

  const RESEND = /Send a new code|New code in/
  const askForNewCode = async (page: Page): Promise<void> => {
    await letTimePass(app, 31)
    await comesBack(page)
    await button(page, 'Send a new code').click()
    await seeText(page, 'A new code is on its way.')
  }

  it('says aloud when the minute begins, twice while it runs, and when it is over', async t => {
    const page = await visit(t, app.url)
    await page.clock.install()
    await page.reload()
    await page.evaluate(`
      said = []
      new MutationObserver(() => said.push(announcement.textContent)).observe(announcement, { childList: true })
    `)
    await registerAndWait(page, newAddress())
    for (let second = 0; second < 90; second += 1) await page.clock.runFor(1000)
    await seeText(page, 'This code has run out. Ask for a new one.')
    const said = await page.evaluate<string[]>('said')
    assert.match(said[0] ?? '', /^(60|59|58) seconds left$/)
    assert.deepEqual(said.slice(1), [
      '30 seconds left',
      '10 seconds left',
      'This code has run out. Ask for a new one.',
    ])
  })

  it('counts down the time of the code, and offers a new code when it is over', async t => {
    const short = await startApp({ env: { CODE_TTL_SECONDS: '3', LIMIT_SEND_SPACING_SECONDS: '1' } })
    t.after(short.stop)
    const page = await visit(t, short.url)
    const email = newAddress()
    await registerAndWait(page, email)
    await button(page, 'Activate').focus()
    await seeText(page, 'This code has run out. Ask for a new one.')
    assert.equal(await button(page, 'Activate').count(), 0)
    assert.equal(await focused(page), 'resend')
    await page.keyboard.press('Enter')
    await codeField(page).fill(await short.mail.codeFor(email, 2))
    await seeStep(page, 'Your account is active')
  })

  it('learns from the service that a code has expired, whatever its own clock says', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    await letTimePass(app, 61)
    await codeField(page).fill(await app.mail.codeFor(email))
    await seeText(page, 'This code has run out. Ask for a new one.')
  })

  it('begins the minute when the mail service has accepted the mail', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    const slow = Promise.withResolvers<void>()
    app.mail.behave(async () => {
      await slow.promise
      return { result: 'accepted' }
    })
    t.after(() => app.mail.behave(async () => ({ result: 'accepted' })))
    await giveCredentials(page, email)
    await seeText(page, 'The mail is on its way. Your time begins when it is sent.')
    assert.equal(await page.getByText('seconds left').count(), 0)
    slow.resolve()
    await seeText(page, /\d+ seconds left/)
  })

  it('shows the attempts left, and after the third wrong code offers a new one', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    const guesses = requestsTo(page, '/users/activate')
    const wrong = otherThan(await settledCode(app, email))
    await codeField(page).fill(wrong)
    await seeText(page, 'That is not the code of the newest mail.')
    await seeText(page, '2 attempts left')
    await codeField(page).fill('')
    await codeField(page).fill(wrong)
    await codeField(page).press('Enter')
    await seeText(page, '1 attempt left')
    assert.equal(guesses.length, 2)
    await button(page, 'Activate').click()
    await seeText(page, 'Too many wrong codes. Ask for a new one.')
    await askForNewCode(page)
    assert.equal(await codeField(page).inputValue(), '')
    await codeField(page).fill(await app.mail.codeFor(email, 2))
    await seeStep(page, 'Your account is active')
  })

  it('takes as many digits as the newest code has, and sends no others', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    const guesses = requestsTo(page, '/users/activate')
    // A paste of another code.
    await codeField(page).fill('123456')
    await button(page, 'Activate').click()
    await seeText(page, 'The code has 4 digits.')
    t.after(() => app.database.rows('update address_ledger set wrong_guesses = 0'))
    for (const { digits, wrongGuesses } of [
      { digits: 6, wrongGuesses: 10 },
      { digits: 8, wrongGuesses: 100 },
    ]) {
      await app.database.rows('update address_ledger set wrong_guesses = $1', [wrongGuesses])
      await askForNewCode(page)
      await step(page).getByLabel(`Code (${digits} digits)`).waitFor()
      await codeField(page).fill('1234')
      await codeField(page).press('Enter')
      await seeText(page, `The code has ${digits} digits.`)
      await codeField(page).fill('12a4')
      await codeField(page).press('Enter')
      await seeText(page, 'The code has digits only.')
    }
    assert.equal(guesses.length, 0)
    await codeField(page).fill(await app.mail.codeFor(email, 3))
    await seeStep(page, 'Your account is active')
  })

  it('sends a code once all its digits are typed, as soon as it knows how many they are', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    const status = Promise.withResolvers<void>()
    await page.route('**/users/me/code', async route => {
      await status.promise
      await route.continue()
    })
    await giveCredentials(page, email)
    await seeStep(page, 'Look into your mail')
    await codeField(page).fill(await app.mail.codeFor(email))
    status.resolve()
    await seeStep(page, 'Your account is active')
  })

  it('lets a new code be asked for when it may be, and asks once', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    const resends = requestsTo(page, '/users/resend-code')
    const resend = button(page, RESEND)
    assert.match(await resend.innerText(), /New code in (\d|[12]\d|30) seconds?/)
    assert.equal(await resend.getAttribute('aria-disabled'), 'true')
    await resend.click({ force: true })
    await letTimePass(app, 31)
    await comesBack(page)
    await button(page, 'Send a new code').waitFor()
    assert.equal(resends.length, 0)
    await page.evaluate('resend.click(); resend.click()')
    await seeText(page, 'A new code is on its way.')
    await seeText(page, /\d+ seconds left/)
    assert.equal(resends.length, 1)
    assert.equal(await focused(page), 'code')
    assert.equal(await resend.getAttribute('aria-disabled'), 'true')
  })

  it('shows nothing of the old code once a new one was asked for', async t => {
    const eager = await startApp({ env: { LIMIT_SEND_SPACING_SECONDS: '0' } })
    t.after(eager.stop)
    const page = await visit(t, eager.url)
    await registerAndWait(page, newAddress())
    const { asked, letGo } = await holdBack(page, '/users/me/code')
    await comesBack(page)
    await asked
    const slow = Promise.withResolvers<HandOverResult>()
    eager.mail.behave(() => slow.promise)
    await button(page, 'Send a new code').click()
    await seeText(page, 'A new code is on its way.')
    await letGo()
    assert.equal(await page.getByText('seconds left').count(), 0)
    slow.resolve({ result: 'accepted' })
    await seeText(page, /\d+ seconds left/)
  })

  it('says that the mail could not be delivered, and stops asking for the status', async t => {
    app.mail.behave(async () => ({ result: 'failed', failure: 'refused', reason: 'no such mailbox' }))
    t.after(() => app.mail.behave(async () => ({ result: 'accepted' })))
    const page = await visit(t, app.url)
    await giveCredentials(page, newAddress())
    await seeText(page, 'The mail could not be delivered. Is the address right?')
    await button(page, 'Use another address').click()
    await seeStep(page, 'Create your account')
  })

  it('asks for no status in the background, and shows what was done in another tab', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    const asked = requestsTo(page, '/users/me/code')
    await page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")
    await comesBack(page)
    await page.evaluate('new Promise(done => setTimeout(done))')
    await page.evaluate('delete document.hidden')
    await comesBack(page)
    await page.waitForResponse(/\/users\/me\/code$/)
    assert.equal(asked.length, 1)

    const other = await page.context().newPage()
    await other.goto(`${app.url}/#sign-in`)
    await giveCredentials(other, email)
    await letTimePass(app, 31)
    await comesBack(other)
    await button(other, 'Send a new code').click()
    const code = await settledCode(app, email, 2)
    await comesBack(page)
    await seeText(page, /(60|5\d) seconds left/)
    await codeField(page).fill(code)
    await seeStep(page, 'Your account is active')
    await comesBack(other)
    await seeStep(other, 'Your account is active')
  })
})
