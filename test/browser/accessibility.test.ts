import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningApp, startApp } from '../support/app.ts'
import { accessibilityViolations, IN_BROWSER, useBrowser } from '../support/browser.ts'
import { WAYS } from '../support/browser-states.ts'

/** The narrowest that WCAG 2.2 asks for (1.4.10): 1280 pixels at a zoom of 400 %. */
const NARROWEST = { width: 320, height: 640 }
/** What people may set for themselves without losing anything (WCAG 2.2, 1.4.12). */
const TEXT_SPACING =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }'

describe('every state of the page', IN_BROWSER, () => {
  const visit = useBrowser()
  let app: RunningApp
  before(async () => {
    app = await startApp({ env: { AFTER_ACTIVATION_URL: 'https://app.example.com/' } })
  })
  after(() => app?.stop())

  for (const [way, states] of Object.entries(WAYS)) {
    it(`meets WCAG 2.2 AA and fits a window of 320 pixels: ${way}`, async t => {
      t.after(() => app.mail.behave(async () => ({ result: 'accepted' })))
      const page = await visit(t, app.url, { viewport: NARROWEST, reducedMotion: 'reduce' })
      for (const [name, reach] of states(page, app)) {
        await reach()
        await page.emulateMedia({ colorScheme: 'light' })
        assert.deepEqual(await accessibilityViolations(page), [], name)
        await page.emulateMedia({ colorScheme: 'dark' })
        assert.deepEqual(await accessibilityViolations(page, ['color-contrast']), [], name)
        const width = () => page.evaluate<number>('document.documentElement.scrollWidth')
        assert.equal(await width(), NARROWEST.width, name)
        await page.evaluate(`
          const spaced = new CSSStyleSheet()
          spaced.replaceSync(${JSON.stringify(TEXT_SPACING)})
          document.adoptedStyleSheets = [spaced]
        `)
        assert.equal(await width(), NARROWEST.width, name)
        const cut = `[...document.querySelectorAll('main :not(.unseen)')].filter(e => e.scrollWidth > e.clientWidth + 1
          && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline' && e.tagName !== 'INPUT').map(e => e.outerHTML)`
        assert.deepEqual(await page.evaluate(cut), [], name)
        await page.evaluate('document.adoptedStyleSheets = []')
      }
    })
  }
})
