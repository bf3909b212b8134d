import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { composeMail } from './compose.ts'

const compose = (changes: Partial<Parameters<typeof composeMail>[0]> = {}) =>
  composeMail({
    content: { kind: 'activation_code', code: '0042' },
    locale: 'en',
    codeTtlSeconds: 60,
    ...changes,
  })

describe('composeMail', () => {
  it('shows the code in both texts, in plain text on a line of its own', () => {
    const { text, html } = compose()
    assert.match(text, /^ +0042$/m)
    assert.match(html, />0042</)
  })

  it('keeps the code out of the subject, which lock screens show', () => {
    assert.doesNotMatch(compose().subject, /\d/)
    assert.notEqual(compose().subject, '')
  })

  for (const [codeTtlSeconds, words] of [
    [60, 'one minute'],
    [120, '2 minutes'],
    [90, '90 seconds'],
    [1, 'one second'],
  ] as const) {
    it(`says that it lasts ${words}`, () => {
      const { text, html } = compose({ codeTtlSeconds })
      for (const version of [text, html]) assert.match(version, new RegExp(`valid for ${words} `))
    })
  }

  for (const locale of ['en-GB', 'EN', 'tlh', 'zh-Hant-TW', '', 'constructor', '__proto__']) {
    it(`writes English to a reader of ${JSON.stringify(locale)}`, () => {
      assert.deepEqual(compose({ locale }), compose({ locale: 'en' }))
    })
  }

  it('reminds an owner of the account without anything to click', () => {
    const { subject, text, html } = compose({ content: { kind: 'already_registered' } })
    assert.match(subject, /already have an account/)
    for (const version of [text, html]) {
      assert.match(version, /already has an account/)
      assert.doesNotMatch(version, /https?:|<a /)
    }
  })
})
