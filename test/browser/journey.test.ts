import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { codeIn, type RunningApp, startApp } from '../support/app.ts'
import {
  button,
  codeField,
  focused,
  giveCredentials,
  IN_BROWSER,
  registerAndWait,
  seeStep,
  seeText,
  step,
  useBrowser,
} from '../support/browser.ts'
import { createClient, newAddress, PASSWORD } from '../support/client.ts'
import { mailsIn } from '../support/mailbox.ts'

describe('a person who signs up in a browser', IN_BROWSER, () => {
  const visit = useBrowser()
  let app: RunningApp
  before(async () => {
    app = await startApp()
  })
  after(() => app?.stop())

  it('types address and password, then the code, with a keyboard alone, and has an active account', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }

    await press('Tab')
    assert.equal(await focused(page), 'register-email')
    await page.keyboard.type(email)
    await press('Tab')
    await page.keyboard.type(PASSWORD)
    await press('Tab', 'Space')
    assert.equal(await page.locator('#register-password').getAttribute('type'), 'text')
    await press('Tab', 'Enter')
    await seeStep(page, 'Look into your mail')
    await seeText(page, email)
    assert.equal(await focused(page), 'code')
    await seeText(page, /\d+ seconds left/)
    await page.keyboard.type(await app.mail.codeFor(email))
    await seeStep(page, 'Your account is active')
    await seeText(page, email)
    assert.equal(await focused(page), 'done-title')
    assert.equal((await createClient(app.url).me(email)).body.is_active, true)
  })

  it('sees at each key which rules for passwords are met, and keeps what was typed when it gets 422', async t => {
    const page = await visit(t, app.url)
    const unmet = () =>
      page
        .locator('#password-rules li:not(.met)')
        .evaluateAll(items => items.map(({ firstChild }) => firstChild?.textContent))
    await page.locator('#password-rules li').first().waitFor()
    assert.equal((await unmet()).length, 4)
    await page.locator('#register-password').pressSequentially('correct-horse')
    assert.deepEqual(await unmet(), ['an upper-case letter'])
    await page.locator('#register-password').pressSequentially('A')
    assert.deepEqual(await unmet(), [])

    await giveCredentials(page, '', '')
    assert.equal(await page.locator('#register-email-error').innerText(), 'Please fill this in.')
    assert.equal(await page.locator('#register-password-error').innerText(), 'Please fill this in.')
    await giveCredentials(page, 'ada@localhost', 'qkzvjx')
    await seeText(page, 'The address needs a domain with a dot after the @.')
    const errors = await page.locator('#register-password-error').innerText()
    assert.equal(
      errors,
      'at least 12 characters · an upper-case letter · a special character, such as - or !',
    )
    for (const field of ['#register-email', '#register-password']) {
      assert.equal(await page.locator(field).getAttribute('aria-invalid'), 'true')
    }
    assert.equal(await focused(page), 'register-email')
    assert.equal(await page.locator('#register-email').inputValue(), 'ada@localhost')
    assert.equal(await page.locator('#register-password').inputValue(), 'qkzvjx')
  })

  it('pastes the code as it stands in the mail, with a space in it', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    const code = await app.mail.codeFor(email)
    await codeField(page).focus()
    await page.keyboard.insertText(`${code.slice(0, 2)} ${code.slice(2)}`)
    await seeStep(page, 'Your account is active')
  })

  it('is led to the code when the address is taken', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await createClient(app.url).register(email)
    await giveCredentials(page, email)
    await button(page, 'Enter its code').click()
    await seeStep(page, 'Enter your code')
    assert.equal(await page.locator('#sign-in-email').inputValue(), email)

    await giveCredentials(page, email, 'Not-the-Password-1')
    await seeText(page, 'The address and the password do not belong together.')
    await giveCredentials(page, email)
    await seeText(page, /\d+ seconds left/)
    await codeField(page).fill(await app.mail.codeFor(email))
    await seeStep(page, 'Your account is active')

    // Whoever comes back once more has nothing left to do.
    await page.goto(`${app.url}/#sign-in`)
    await page.reload()
    await giveCredentials(page, email)
    await seeStep(page, 'Your account is active')
  })

  it('finds the mail in the local mailbox, and at the end the link to AFTER_ACTIVATION_URL', async t => {
    const local = await startApp({
      realMail: true,
      env: {
        MAIL_TRANSPORT: 'mailbox',
        AFTER_ACTIVATION_URL: 'https://app.example.com/welcome?from=mail',
      },
    })
    t.after(local.stop)
    const page = await visit(t, local.url)
    const email = newAddress()
    await registerAndWait(page, email)
    const mailbox = await step(page)
      .getByRole('link', { name: /Open the mailbox/ })
      .getAttribute('href')
    const [mail] = await mailsIn(String(mailbox), email)
    await seeText(page, String(mail?.subject))
    await codeField(page).fill(codeIn({ text: String(mail?.text) }))
    await seeStep(page, 'Your account is active')
    const link = step(page).getByRole('link', { name: 'Continue' })
    assert.equal(await link.getAttribute('href'), 'https://app.example.com/welcome?from=mail')
  })
})
