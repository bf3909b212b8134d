import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MailContent } from '../../application/hand-over-mail.ts'
import { createComposer } from './compose.ts'
import { readTemplates } from './templates.ts'

const CODE: MailContent = { kind: 'activation_code', code: '0042' }
const REMINDER: MailContent = { kind: 'already_registered' }
/** A French text has no-break spaces before its colons and within its durations. */
const NBSP = '\u00a0'

const compose = (
  content: MailContent = CODE,
  { locale = 'en', from = 'Example <no-reply@mail.example>', codeTtlSeconds = 60, defaultLocale = 'en' } = {},
) => createComposer(readTemplates(undefined, defaultLocale), { from, codeTtlSeconds })({ content, locale })

/** What somebody sees of a page, a line for each paragraph. */
const visibleText = (html: string): string =>
  html
    .replace(/^.*<body[^>]*>/s, '')
    .replaceAll('</p>', '\n')
    .replaceAll(/<[^>]*>|^\n/gm, '')
    .trim()

describe('the text of a mail', () => {
  it('brings the code in English, how long it is valid, that it works once, and what to do if it was not you', () => {
    const { subject, text } = compose()
    assert.equal(subject, 'Your activation code')
    assert.equal(
      text,
      `Your activation code is

    0042

It is valid for 1 minute and works once. Enter it to finish signing up for
Example.

If you did not sign up, ignore this message: nothing happens without the
code. Do not pass it on to anyone.
`,
    )
  })

  it('brings the same in French', () => {
    const { subject, text } = compose(CODE, { locale: 'fr' })
    assert.equal(subject, 'Votre code d’activation')
    assert.equal(
      text,
      `Votre code d’activation${NBSP}:

    0042

Il est valable 1 minute et ne peut servir qu’une fois. Saisissez-le pour
terminer votre inscription chez Example.

Si vous n’êtes pas à l’origine de cette inscription, ignorez ce message${NBSP}:
sans le code, il ne se passera rien. Ne le communiquez à personne.
`,
    )
  })

  it('reminds the owner of an account in English, without a code or a link', () => {
    const { subject, text } = compose(REMINDER)
    assert.equal(subject, 'You already have an account')
    assert.equal(
      text,
      `Somebody, probably you, has just signed up for Example with this address. It
already has an account, so nothing was changed.

Sign in with the password you chose back then.

If it was not you, ignore this message: whoever it was has learnt nothing
and cannot get in.
`,
    )
  })

  it('reminds the same in French', () => {
    const { subject, text } = compose(REMINDER, { locale: 'fr' })
    assert.equal(subject, 'Vous avez déjà un compte')
    assert.equal(
      text,
      `Quelqu’un, sans doute vous, vient de s’inscrire chez Example avec cette
adresse. Elle est déjà associée à un compte, et rien n’a été modifié.

Connectez-vous avec le mot de passe que vous aviez choisi.

Si ce n’était pas vous, ignorez ce message${NBSP}: cette personne n’a rien appris
et ne peut pas accéder à votre compte.
`,
    )
  })
})

describe('every mail', () => {
  const mails = ['en', 'fr'].flatMap(locale =>
    [CODE, REMINDER].map(content => ({
      locale,
      name: `${content.kind} in ${locale}`,
      ...compose(content, { locale }),
    })),
  )

  it('has lines of at most 76 characters', () => {
    for (const line of mails.flatMap(({ text }) => text.split('\n'))) assert.ok(line.length <= 76, line)
  })

  it('says the same in text and HTML', () => {
    const words = (version: string) => version.split(/[\s\u00a0]+/).filter(word => word !== '')
    for (const { name, text, html } of mails) assert.deepEqual(words(visibleText(html)), words(text), name)
  })

  it('is a whole HTML page in its language', () => {
    for (const { locale, subject, html } of mails) {
      assertClosed(html)
      assert.match(html, new RegExp(`^<!doctype html>\n<html lang="${locale}" dir="ltr">`))
      assert.ok(html.includes(`<title>${subject}</title>`))
    }
  })

  it('has no link, image or script', () => {
    for (const version of mails.flatMap(({ subject, text, html }) => [subject, text, html])) {
      assert.doesNotMatch(version, /http|url\(|@import|<(a|img|link|script|iframe|form)\b|\{\{/i)
    }
  })

  it('has no digit in its subject, which lock screens show and mail servers log', () => {
    for (const { subject } of mails) assert.doesNotMatch(subject, /\d/)
  })
})

describe('a mail', () => {
  it('begins with the code, all its digits together', () => {
    assert.match(visibleText(compose().html), /^Your activation code is\n0042\n/)
    assert.match(compose().html, />0042</)
  })

  it('has no other four digits in a row, not even in a colour', () => {
    for (const version of [compose().text, compose().html]) {
      assert.deepEqual(version.match(/\d{4,}/g), ['0042'])
    }
  })

  const lifetimes: [codeTtlSeconds: number, english: string, french: string][] = [
    [60, '1 minute', '1 minute'],
    [120, '2 minutes', '2 minutes'],
    [90, '90 seconds', `90${NBSP}secondes`],
    [1, '1 second', `1${NBSP}seconde`],
  ]
  for (const [codeTtlSeconds, english, french] of lifetimes) {
    it(`says that the code is valid for ${english}, with CODE_TTL_SECONDS=${codeTtlSeconds}`, () => {
      const mails = [compose(CODE, { codeTtlSeconds }), compose(CODE, { codeTtlSeconds, locale: 'fr' })]
      for (const version of ['text', 'html'] as const) {
        assert.ok(mails[0]?.[version].includes(`valid for ${english} and`))
        assert.ok(mails[1]?.[version].includes(`valable ${french} et`))
      }
    })
  }

  it('calls the sender by the name in MAIL_FROM, or by its domain when there is none', () => {
    for (const [from, name] of [
      ['Example Ltd <no-reply@mail.example>', 'Example Ltd'],
      ['"Example, Ltd" <no-reply@mail.example>', 'Example, Ltd'],
      ['<no-reply@mail.example>', 'mail.example'],
      ['no-reply@mail.example', 'mail.example'],
    ] as const) {
      assert.ok(compose(CODE, { from }).text.replaceAll('\n', ' ').includes(` for ${name}. `), from)
    }
  })

  it('shows the name in MAIL_FROM as it is, with whatever characters', () => {
    const { text, html } = compose(REMINDER, { from: '{{code}} <b>&" <no-reply@mail.example>' })
    assert.ok(text.includes('{{code}} <b>&"'))
    assert.ok(html.includes('{{code}} &lt;b&gt;&amp;&quot;'))
  })

  for (const locale of ['en-GB', 'EN', 'tlh', 'zh-Hant-TW', 'x', '', 'constructor', '__proto__']) {
    it(`is in English for the locale ${JSON.stringify(locale)}`, () => {
      assert.deepEqual(compose(CODE, { locale }), compose())
    })
  }

  for (const locale of ['fr-CA', 'FR', 'fr-Latn-CH-x-private']) {
    it(`is in French for the locale ${locale}`, () => {
      assert.deepEqual(compose(CODE, { locale }), compose(CODE, { locale: 'fr' }))
    })
  }

  it('is in DEFAULT_LOCALE for a locale without mails', () => {
    assert.deepEqual(compose(CODE, { locale: 'tlh', defaultLocale: 'fr' }), compose(CODE, { locale: 'fr' }))
    assert.deepEqual(compose(CODE, { locale: 'en', defaultLocale: 'fr' }), compose())
  })
})

/** Each element that is opened is closed, in the reverse order. */
const assertClosed = (html: string): void => {
  const open: string[] = []
  for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s+[a-z-]+="[^"<]*")*>/g)) {
    if (slash) assert.equal(open.pop(), name)
    else if (name !== 'meta') open.push(name)
  }
  assert.deepEqual(open, [])
  assert.equal(html.match(/</g)?.length, html.match(/<(!doctype|\/?[a-z][a-z0-9]*)[ >]/g)?.length)
}
