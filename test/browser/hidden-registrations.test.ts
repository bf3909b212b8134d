import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import {
  button,
  codeField,
  comesBack,
  giveCredentials,
  IN_BROWSER,
  registerAndWait,
  requestsTo,
  seeStep,
  seeText,
  useBrowser,
} from '../support/browser.ts'
import { createClient, newAddress } from '../support/client.ts'
import { settledCode } from '../support/sign-up.ts'

describe('the step that asks for the code, with HIDE_REGISTERED_EMAILS', IN_BROWSER, () => {
  const visit = useBrowser()
  let app: RunningApp
  before(async () => {
    app = await startApp({ env: { HIDE_REGISTERED_EMAILS: 'true' } })
  })
  after(() => app?.stop())

  it('leads a free address to an active account', async t => {
    const page = await visit(t, app.url)
    const email = newAddress()
    await registerAndWait(page, email)
    await codeField(page).fill(await app.mail.codeFor(email))
    await seeStep(page, 'Your account is active')
  })

  it('says no more than the API about a registered address, and stops asking for the status', async t => {
    const email = newAddress()
    const client = createClient(app.url)
    await client.register(email)
    await client.activate(email, await settledCode(app, email))
    const page = await visit(t, app.url)
    const asked = requestsTo(page, '/users/me/code')
    const answered = page.waitForResponse(/\/users\/me\/code$/)
    await giveCredentials(page, email, 'Another-Horse-8')
    await seeText(page, 'If you had an account before, it says so; otherwise it brings your code.')
    assert.equal((await answered).status(), 401)
    await comesBack(page)
    await button(page, 'Send a new code').click()
    await seeText(page, 'The address and the password do not belong together.')
    assert.equal(await page.locator('#code-status').innerText(), '')
    assert.equal(asked.length, 1)
  })
})
