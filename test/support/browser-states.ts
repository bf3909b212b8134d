import type { Page } from 'playwright-core'
import type { RunningApp } from './app.ts'
import {
  button,
  codeField,
  comesBack,
  giveCredentials,
  registerAndWait,
  seeStep,
  seeText,
} from './browser.ts'
import { createClient, newAddress } from './client.ts'
import { exhaust, letTimePass, otherThan, settledCode } from './sign-up.ts'

type Reach = (page: Page, app: RunningApp) => Promise<void>

const wayTo: Record<string, Reach> = {
  register: async page => {
    await page.locator('#password-rules li').first().waitFor()
  },
  'register, a rule met': async page => {
    await page.locator('#register-password').fill('only-lower-case')
    await page.getByRole('checkbox', { name: 'Show the password' }).check()
    await page.locator('#password-rules li.met').first().waitFor()
  },
  'register, errors': async page => {
    await giveCredentials(page, 'ada@localhost', 'short')
    await seeText(page, 'Something is not right yet')
  },
  'register, address taken': async (page, app) => {
    const email = newAddress()
    await createClient(app.url).register(email)
    await giveCredentials(page, email)
    await seeText(page, 'There is an account with this address')
  },
  'register, offline': async page => {
    await page.context().setOffline(true)
    await giveCredentials(page, newAddress())
    await seeText(page, 'You are offline.')
    await page.context().setOffline(false)
  },
  'sign in': async page => {
    await button(page, 'I already have a code').click()
    await seeStep(page, 'Enter your code')
  },
  'sign in, refused': async page => {
    await button(page, 'I already have a code').click()
    await giveCredentials(page, newAddress())
    await seeText(page, 'do not belong together')
  },
  'code, mail on its way': async (page, app) => {
    app.mail.behave(() => new Promise(resolve => setTimeout(resolve, 5000, { result: 'accepted' })))
    await giveCredentials(page, newAddress())
    await page.getByLabel('Code (4 digits)').waitFor()
    app.mail.behave(async () => ({ result: 'accepted' }))
  },
  code: async page => {
    await registerAndWait(page, newAddress())
  },
  'code, wrong': async (page, app) => {
    const email = newAddress()
    await registerAndWait(page, email)
    await codeField(page).fill(otherThan(await settledCode(app, email)))
    await seeText(page, '2 attempts left')
  },
  'code, run out': async (page, app) => {
    await registerAndWait(page, newAddress())
    await letTimePass(app, 61)
    await comesBack(page)
    await seeText(page, 'This code has run out.')
  },
  'code, exhausted': async (page, app) => {
    const email = newAddress()
    await registerAndWait(page, email)
    const password = 'Correct-Horse-7'
    await exhaust(app, { id: '', email, password, code: await settledCode(app, email) })
    await comesBack(page)
    await seeText(page, 'Too many wrong codes.')
  },
  'code, mail not delivered': async (page, app) => {
    app.mail.behave(async () => ({ result: 'failed', failure: 'refused', reason: 'no such mailbox' }))
    await giveCredentials(page, newAddress())
    await seeText(page, 'The mail could not be delivered.')
    app.mail.behave(async () => ({ result: 'accepted' }))
  },
  'code, sent again': async (page, app) => {
    await registerAndWait(page, newAddress())
    await letTimePass(app, 31)
    await comesBack(page)
    await button(page, 'Send a new code').click()
    await seeText(page, 'A new code is on its way.')
    await seeText(page, /seconds left/)
  },
  done: async (page, app) => {
    const email = newAddress()
    await registerAndWait(page, email)
    await codeField(page).fill(await app.mail.codeFor(email))
    await seeStep(page, 'Your account is active')
  },
}

/** Everything the page can look like, and how to get there from its beginning. */
export const STATES = Object.entries(wayTo)
