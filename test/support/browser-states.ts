import type { Page } from 'playwright-core'
import type { HandOverResult } from '../../src/application/outbox.ts'
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
import { createClient, newAddress, PASSWORD } from './client.ts'
import { exhaust, letTimePass, otherThan, settledCode } from './sign-up.ts'

type State = [name: string, reach: () => Promise<void>]

const registering = (page: Page, app: RunningApp): State[] => {
  const mailed = Promise.withResolvers<HandOverResult>()
  return [
    [
      'register',
      async () => {
        await page.locator('#password-rules li').first().waitFor()
      },
    ],
    [
      'register, a rule met',
      async () => {
        await page.locator('#register-password').fill('only-lower-case')
        await page.getByRole('checkbox', { name: 'Show the password' }).check()
        await page.locator('#password-rules li.met').first().waitFor()
      },
    ],
    [
      'register, errors',
      async () => {
        await giveCredentials(page, 'ada@localhost', 'short')
        await seeText(page, 'Something is not right yet')
      },
    ],
    [
      'register, address taken',
      async () => {
        const email = newAddress()
        await createClient(app.url).register(email)
        await giveCredentials(page, email)
        await seeText(page, 'There is an account with this address')
      },
    ],
    [
      'register, offline',
      async () => {
        await page.context().setOffline(true)
        await giveCredentials(page, newAddress())
        await seeText(page, 'You are offline.')
        await page.context().setOffline(false)
      },
    ],
    [
      'code, mail on its way',
      async () => {
        app.mail.behave(() => mailed.promise)
        await giveCredentials(page, newAddress())
        await page.getByLabel('Code (4 digits)').waitFor()
      },
    ],
    [
      'code, mail not delivered',
      async () => {
        app.mail.behave(async () => ({ result: 'accepted' }))
        mailed.resolve({ result: 'failed', failure: 'refused', reason: 'no such mailbox' })
        await seeText(page, 'The mail could not be delivered.')
      },
    ],
  ]
}

const activating = (page: Page, app: RunningApp): State[] => {
  const email = newAddress()
  const askForNewCode = async (): Promise<void> => {
    await letTimePass(app, 31)
    await comesBack(page)
    await button(page, 'Send a new code').click()
    await seeText(page, 'A new code is on its way.')
    await seeText(page, /seconds left/)
  }
  return [
    ['code', () => registerAndWait(page, email)],
    [
      'code, wrong',
      async () => {
        await codeField(page).fill(otherThan(await settledCode(app, email)))
        await seeText(page, '2 attempts left')
      },
    ],
    ['code, sent again', askForNewCode],
    [
      'code, run out',
      async () => {
        await letTimePass(app, 61)
        await comesBack(page)
        await seeText(page, 'This code has run out.')
      },
    ],
    [
      'code, exhausted',
      async () => {
        await askForNewCode()
        await exhaust(app, { id: '', email, password: PASSWORD, code: await settledCode(app, email, 3) })
        await comesBack(page)
        await seeText(page, 'Too many wrong codes.')
      },
    ],
    [
      'done',
      async () => {
        await askForNewCode()
        await codeField(page).fill(await settledCode(app, email, 4))
        await seeStep(page, 'Your account is active')
      },
    ],
  ]
}

const signingIn = (page: Page): State[] => [
  [
    'sign in',
    async () => {
      await button(page, 'I already have a code').click()
      await seeStep(page, 'Enter your code')
    },
  ],
  [
    'sign in, refused',
    async () => {
      await giveCredentials(page, newAddress())
      await seeText(page, 'do not belong together')
    },
  ],
]

/** Everything the page can look like, on the ways to it from its beginning: each state follows the one before. */
export const WAYS = { registering, activating, signingIn }
