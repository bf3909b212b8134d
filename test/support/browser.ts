import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, type TestContext } from 'node:test'
import axe, { type AxeResults } from 'axe-core'
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page,
  type Request,
  type Route,
} from 'playwright-core'
import { PASSWORD } from './client.ts'
import { skipWithout } from './programs.ts'

const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = process.env.CHROMIUM_PATH || USUAL_PLACES.find(place => existsSync(place))

/** For `describe`. */
export const IN_BROWSER = {
  skip: skipWithout(
    executablePath !== undefined,
    'no Chromium here: install one (apt-get install chromium), or say where it is with CHROMIUM_PATH',
  ),
}

/** Opens an address as somebody does who has never been there; what they do is over when the test is. */
export type Visit = (t: TestContext, url: string, options?: BrowserContextOptions) => Promise<Page>

/**
 * Starts a browser for the tests of a `describe`. Every page opened by it is watched: at the end of its test it
 * must not have asked any other origin for anything, broken its content security policy or complained.
 */
export const useBrowser = (): Visit => {
  let browser: Browser
  before(async () => {
    if (executablePath === undefined) throw new Error('no Chromium found: set CHROMIUM_PATH')
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    })
  })
  after(() => browser?.close())

  return async (t, url, options = {}) => {
    const context = await browser.newContext({ locale: 'en-GB', ...options })
    const complaints: string[] = []
    context.on('request', request => {
      if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asked ${request.url()}`)
    })
    context.on('weberror', error => complaints.push(String(error.error().stack)))
    context.on('console', message => {
      if (message.type() !== 'error' && message.type() !== 'warning') return
      // What the browser writes about every failed status and dead connection, which tests provoke.
      if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text())
    })
    t.after(async () => {
      await context.close()
      assert.deepEqual(complaints, [])
    })
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    await page.goto(url)
    return page
  }
}

/** The step that is shown. */
export const step = (page: Page) => page.locator('section:visible')

/** Waits until a step with this heading is shown. */
export const seeStep = (page: Page, heading: string | RegExp) =>
  step(page).getByRole('heading', { name: heading }).waitFor()

export const seeText = (page: Page, text: string | RegExp) => step(page).getByText(text).first().waitFor()

export const button = (page: Page, name: string | RegExp) => step(page).getByRole('button', { name })

/** What a browser does when somebody returns to the page, from another tab or from sleep. */
export const comesBack = (page: Page): Promise<void> => page.evaluate("dispatchEvent(new Event('focus'))")

/** Collects the requests to a path from now on. */
export const requestsTo = (page: Page, path: string): Request[] => {
  const requests: Request[] = []
  page.on('request', request => {
    if (new URL(request.url()).pathname === path) requests.push(request)
  })
  return requests
}

/** Holds the next answer of a path back until it is let go; `asked` is when the service has given it. */
export const holdBack = async (page: Page, path: string) => {
  const asked = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const hold = async (route: Route) => {
    const response = await route.fetch()
    asked.resolve()
    await held.promise
    await route.fulfill({ response })
  }
  await page.route(`**${path}`, hold, { times: 1 })
  const letGo = async (): Promise<void> => {
    const answered = page.waitForResponse(`**${path}`)
    held.resolve()
    await (await answered).finished()
    // Whatever the page makes of it, it has made of it then.
    await page.evaluate('new Promise(done => setTimeout(done))')
  }
  return { asked: asked.promise, letGo }
}

/** The id of what has the keyboard. */
export const focused = (page: Page): Promise<string> => page.evaluate('document.activeElement.id')

/** Types address and password into the step that asks for them, and sends them. */
export const giveCredentials = async (page: Page, email: string, password = PASSWORD): Promise<void> => {
  await step(page).locator('input[name="email"]').fill(email)
  await step(page).locator('input[name="password"]').fill(password)
  await step(page).locator('button[type="submit"]').click()
}

export const codeField = (page: Page) => page.locator('#code')

/** Registers, and waits until the time of the code runs. */
export const registerAndWait = async (page: Page, email: string): Promise<void> => {
  await giveCredentials(page, email)
  await seeText(page, /\d+ seconds left/)
}

/** WCAG 2.2 AA and what is good practice besides, by the tags of axe-core. */
const ALL_RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe-core has against the page as it is now, by all rules or only these. */
export const accessibilityViolations = async (page: Page, rules = ALL_RULES): Promise<string[]> => {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe.source)
  const { violations }: AxeResults = await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`,
  )
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
