import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createComposer } from './compose.ts'
import { languagesOf, readTemplates, TemplatesError } from './templates.ts'

const GERMAN = {
  activation_code: {
    subject: 'Ihr Aktivierungscode',
    opening: 'Ihr Aktivierungscode lautet',
    advice: 'Er gilt {{lifetime}}.',
    not_you: 'Sie waren das nicht? Dann ist nichts zu tun.',
  },
  already_registered: {
    subject: 'Sie haben schon ein Konto',
    opening: 'Bei {{sender}} gibt es schon ein Konto mit dieser Adresse.',
    advice: 'Melden Sie sich an.',
    not_you: 'Sie waren das nicht? Dann ist nichts zu tun.',
  },
}

describe('MAIL_TEMPLATES_DIR', () => {
  let root: string
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'vestibule-templates-'))
  })
  after(() => rmSync(root, { recursive: true }))

  const folderOf = (files: Record<string, string | Uint8Array | object>): string => {
    const folder = mkdtempSync(join(root, 'folder-'))
    for (const [name, content] of Object.entries(files)) {
      const isRaw = typeof content === 'string' || content instanceof Uint8Array
      writeFileSync(join(folder, name), isRaw ? content : JSON.stringify(content))
    }
    return folder
  }

  const problemsOf = (folder: string, defaultLocale = 'en'): string[] => {
    try {
      readTemplates(folder, defaultLocale)
    } catch (error) {
      assert.ok(error instanceof TemplatesError)
      const [title, ...problems] = error.message.split('\n  ')
      assert.equal(title, 'The mail templates are not usable:')
      return problems
    }
    return []
  }

  const compose = (folder: string, locale: string) =>
    createComposer(readTemplates(folder, 'en'), { from: 'no-reply@mail.example', codeTtlSeconds: 60 })({
      content: { kind: 'activation_code', code: '0042' },
      locale,
    })

  it('is not needed for English and French', () => {
    assert.deepEqual(languagesOf(readTemplates(undefined, 'en')), ['en', 'fr'])
    assert.deepEqual(languagesOf(readTemplates(undefined, 'fr')), ['fr', 'en'])
  })

  it('adds a language with one file', () => {
    const folder = folderOf({ 'de.json': GERMAN })
    assert.deepEqual(languagesOf(readTemplates(folder, 'de')), ['de', 'en', 'fr'])
    const { subject, text } = compose(folder, 'de-AT')
    assert.equal(subject, 'Ihr Aktivierungscode')
    assert.match(text, /^Ihr Aktivierungscode lautet\n\n {4}0042\n\nEr gilt 1 Minute\.\n/)
    assert.equal(compose(folder, 'fr').subject, 'Votre code d’activation')
  })

  it('replaces a layout or a wording, and leaves the others', () => {
    const folder = folderOf({ 'layout.txt': '{{subject}}: {{code}}\n', 'fr.json': GERMAN })
    assert.equal(compose(folder, 'en').text, 'Your activation code: 0042\n')
    assert.equal(compose(folder, 'fr').text, 'Ihr Aktivierungscode: 0042\n')
    assert.match(compose(folder, 'en').html, /^<!doctype html>/)
  })

  it('may hold a language that is written from right to left', () => {
    const { html } = compose(folderOf({ 'ar.json': GERMAN }), 'ar')
    assert.match(html, /<html lang="ar" dir="rtl">/)
  })

  it('may hold files with a byte-order mark', () => {
    assert.deepEqual(problemsOf(folderOf({ 'de.json': `\ufeff${JSON.stringify(GERMAN)}` })), [])
  })

  it('may hold files whose names begin with a dot, as Kubernetes mounts them', () => {
    const folder = folderOf({ '.DS_Store': 'x' })
    mkdirSync(join(folder, '..2026_01_31'))
    writeFileSync(join(folder, '..2026_01_31', 'de.json'), JSON.stringify(GERMAN))
    symlinkSync('..2026_01_31', join(folder, '..data'))
    symlinkSync(join('..data', 'de.json'), join(folder, 'de.json'))
    assert.deepEqual(problemsOf(folder), [])
    assert.equal(compose(folder, 'de').subject, 'Ihr Aktivierungscode')
  })

  it('is refused with the name of each file that cannot be read', () => {
    assert.match(problemsOf(join(root, 'missing'))[0] ?? '', /^MAIL_TEMPLATES_DIR: cannot be read: ENOENT/)
    const folder = folderOf({ 'de.json': Buffer.from('{"subject": "Grüße"}', 'latin1') })
    mkdirSync(join(folder, 'layout.txt'))
    symlinkSync('nowhere', join(folder, 'it.json'))
    const [latin1, link, directory, ...more] = problemsOf(folder)
    assert.match(latin1 ?? '', /^de\.json: cannot be read: .*utf-8/)
    assert.match(link ?? '', /^it\.json: cannot be read: ENOENT/)
    assert.match(directory ?? '', /^layout\.txt: cannot be read: EISDIR/)
    assert.deepEqual(more, [])
  })

  for (const name of [
    'layout.htm',
    'Layout.txt',
    'english.json',
    'ft.json',
    'pt-br.json',
    'pt_BR.json',
    'de.yaml',
  ]) {
    it(`is refused with a file called ${name}`, () => {
      assert.deepEqual(problemsOf(folderOf({ [name]: GERMAN })), [
        `${name}: is no template: those are layout.html, layout.txt and languages, such as fr.json or pt-BR.json`,
      ])
    })
  }

  const inLayouts =
    '{{lang}}, {{dir}}, {{sender}}, {{code}}, {{subject}}, {{opening}}, {{advice}}, {{not_you}}'
  const layouts: [layout: string, problem: string][] = [
    ['{{code}} {{#code}}', 'is not Mustache: Unclosed section "code" at 18'],
    ['{{code', 'is not Mustache: Unclosed tag at 6'],
    ['{{cod}} {{code}}', `{{cod}} is none of ${inLayouts}`],
    ['{{#code}}{{{toString}}}{{/code}}', `{{toString}} is none of ${inLayouts}`],
    ['{{> code}} {{code}}', `{{code}} is none of ${inLayouts}`],
    ['Hello', '{{code}} is missing'],
    ['{{#code}}Hello{{/code}}', '{{code}} is missing'],
    ['{{! {{code}}', '{{code}} is missing'],
  ]
  for (const [layout, problem] of layouts) {
    it(`is refused with the layout ${JSON.stringify(layout)}: ${problem}`, () => {
      for (const name of ['layout.html', 'layout.txt']) {
        assert.deepEqual(problemsOf(folderOf({ [name]: layout })), [`${name}: ${problem}`])
      }
    })
  }

  it('may hold a layout that shows the code in any way of Mustache', () => {
    for (const layout of [
      '{{code}}',
      '{{{ code }}}',
      '{{#code}}{{& code}}{{/code}}',
      '{{=<% %>=}}<% code %>',
    ]) {
      assert.deepEqual(problemsOf(folderOf({ 'layout.txt': layout })), [], layout)
    }
  })

  it('is refused with the name of every sentence that a wording lacks or has too much', () => {
    const { advice: _, ...others } = GERMAN.activation_code
    const wording = { ...GERMAN, activation_code: { ...others, avdice: 'x' }, footer: 'x' }
    assert.deepEqual(problemsOf(folderOf({ 'de.json': wording })), [
      'de.json: activation_code.advice is missing',
      'de.json: activation_code.avdice is in no mail',
      'de.json: footer is in no mail',
    ])
    assert.equal(problemsOf(folderOf({ 'de.json': {} })).length, 8)
    assert.equal(problemsOf(folderOf({ 'de.json': '[]' })).length, 9)
  })

  const texts: [text: unknown, problem: string][] = [
    [7, ' is not a line of text'],
    [null, ' is not a line of text'],
    [['x'], ' is not a line of text'],
    ['', ' is not a line of text'],
    [' ', ' is not a line of text'],
    ['Code\r\nBcc: eve@example.com', ' is not a line of text'],
    ['Code {{code}}', ': {{code}} is none of {{lifetime}}, {{sender}}'],
    ['Code {{sender', ': is not Mustache: Unclosed tag at 13'],
  ]
  for (const [subject, problem] of texts) {
    it(`is refused with the wording ${JSON.stringify(subject)}`, () => {
      const wording = { ...GERMAN, activation_code: { ...GERMAN.activation_code, subject } }
      assert.deepEqual(problemsOf(folderOf({ 'de.json': wording })), [
        `de.json: activation_code.subject${problem}`,
      ])
    })
  }

  it('is refused with a wording that is not JSON', () => {
    assert.match(problemsOf(folderOf({ 'de.json': '{' }))[0] ?? '', /^de\.json: is not JSON: /)
  })

  it('is refused with a DEFAULT_LOCALE that there is no wording for, and the list of those there are', () => {
    const folder = folderOf({ 'de.json': GERMAN })
    for (const locale of ['it', 'fr-CA', 'EN', '']) {
      assert.deepEqual(problemsOf(folder, locale), [
        'DEFAULT_LOCALE must be a language that there is a file for: en, fr, de',
      ])
    }
  })

  it('is refused with all problems of all files at once', () => {
    const files = { 'de.json': '{', 'en.json': {}, 'layout.html': 'Hello', 'notes.md': 'x' }
    const names = problemsOf(folderOf(files), 'it').map(problem => /^[\w.]+/.exec(problem)?.[0])
    assert.deepEqual([...new Set(names)], ['de.json', 'en.json', 'layout.html', 'notes.md', 'DEFAULT_LOCALE'])
  })
})
