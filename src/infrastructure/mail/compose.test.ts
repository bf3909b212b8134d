import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { composeActivationMail } from './compose.ts'

const compose = (changes: Partial<Parameters<typeof composeActivationMail>[0]> = {}) =>
  composeActivationMail({ code: '0042', locale: 'en', lifetimeSeconds: 60, ...changes })

describe('composeActivationMail', () => {
  it('shows the code in both texts, in plain text on a line of its own', () => {
    const { text, html } = compose()
    assert.match(text, /^ +0042$/m)
    assert.match(html, />0042</)
  })

  it('keeps the code out of the subject, which lock screens show', () => {
    assert.doesNotMatch(compose().subject, /\d/)
    assert.notEqual(compose().subject, '')
  })

  for (const [lifetimeSeconds, words] of [
    [60, 'one minute'],
    [120, '2 minutes'],
    [90, '90 seconds'],
    [1, 'one second'],
  ] as const) {
    it(`says that it lasts ${words}`, () => {
      const { text, html } = compose({ lifetimeSeconds })
      for (const version of [text, html]) assert.match(version, new RegExp(`valid for ${words} `))
    })
  }

  for (const locale of ['en-GB', 'EN', 'tlh', 'zh-Hant-TW', '', 'constructor', '__proto__']) {
    it(`writes English to a reader of ${JSON.stringify(locale)}`, () => {
      assert.deepEqual(compose({ locale }), compose({ locale: 'en' }))
    })
  }
})
