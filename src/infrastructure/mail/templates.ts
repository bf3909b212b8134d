import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import mustache, { type TemplateSpans } from 'mustache'
import type { MailContent } from '../../application/hand-over-mail.ts'

/** What mails are made of: one layout in HTML and one in text (Mustache), and a wording for each language. */
export type Templates = {
  readonly layouts: { readonly html: string; readonly text: string }
  /** The first one is for readers of any other language. */
  readonly wordings: readonly [Wording, ...Wording[]]
}

/** What a language has to say in each mail: lines of plain text with placeholders. */
export type Wording = { readonly language: string } & Readonly<Record<MailContent['kind'], Sentences>>
export type Sentences = Readonly<Record<(typeof SENTENCES)[number], string>>

export const MAILS = ['activation_code', 'already_registered'] as const satisfies MailContent['kind'][]
const SENTENCES = ['subject', 'opening', 'advice', 'not_you'] as const
const WORDED = MAILS.flatMap(mail => SENTENCES.map(sentence => `${mail}.${sentence}`))
/** Not the code: it would get into subjects, which mail servers log. */
const IN_WORDINGS = ['lifetime', 'sender']
const IN_LAYOUTS = ['lang', 'dir', 'sender', 'code', ...SENTENCES]
const LAYOUTS = ['layout.html', 'layout.txt']

const OWN_FOLDER = fileURLToPath(new URL('templates', import.meta.url))

/** Says everything that is wrong with the templates, a line for each problem. */
export class TemplatesError extends Error {
  override readonly name = 'TemplatesError'
  readonly problems: readonly string[]
  constructor(problems: string[]) {
    super(`The mail templates are not usable:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/**
 * Reads the templates that come along; a file in `folder` takes the place of the one of the same name, or adds
 * a language. What is wrong with any of them shows here, not when a mail is written: throws a `TemplatesError`
 * that lists every problem at once.
 */
export const readTemplates = (folder: string | undefined, defaultLocale: string): Templates => {
  const problems: string[] = []
  const files = new Map<string, string>()
  for (const from of folder === undefined ? [OWN_FOLDER] : [OWN_FOLDER, folder]) {
    for (const name of attempt('MAIL_TEMPLATES_DIR', () => namesIn(from)) ?? []) {
      const text = isTemplate(name) ? attempt(name, () => decode(readFileSync(join(from, name)))) : ''
      files.set(name, text ?? '')
      if (text !== undefined) problems.push(...problemsOf(name, text).map(problem => `${name}: ${problem}`))
    }
  }
  const languages = [...files.keys()].flatMap(name => languageOf(name) ?? [])
  if (!languages.includes(defaultLocale)) {
    problems.push(`DEFAULT_LOCALE must be a language that there is a file for: ${languages.join(', ')}`)
  }
  if (problems.length > 0) throw new TemplatesError(problems)

  const text = (name: string): string => files.get(name) ?? ''
  const wordingIn = (language: string): Wording => ({ language, ...JSON.parse(text(`${language}.json`)) })
  const others = languages.filter(language => language !== defaultLocale)
  return {
    layouts: { html: text('layout.html'), text: text('layout.txt') },
    wordings: [wordingIn(defaultLocale), ...others.map(wordingIn)],
  }

  function attempt<Result>(name: string, read: () => Result): Result | undefined {
    try {
      return read()
    } catch (error) {
      problems.push(`${name}: cannot be read: ${(error as Error).message}`)
      return undefined
    }
  }
}

/** Those that mails can be written in; the default comes first. */
export const languagesOf = ({ wordings: [first, ...others] }: Templates): [string, ...string[]] => [
  first.language,
  ...others.map(({ language }) => language),
]

/** Without what begins with a dot: files of editors, and the links in a ConfigMap that Kubernetes has mounted. */
const namesIn = (folder: string): string[] => readdirSync(folder).filter(name => !name.startsWith('.'))

/** Throws when the bytes are not UTF-8; a byte-order mark is taken off. */
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

const isTemplate = (name: string): boolean => LAYOUTS.includes(name) || languageOf(name) !== undefined

const languageNames = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

/** The language of `fr.json`. One that has no name is a typing error, and so is `pt_br` or `pt-br`. */
const languageOf = (name: string): string | undefined => {
  const [, tag] = /^([A-Za-z0-9-]+)\.json$/.exec(name) ?? []
  try {
    return tag && languageNames.of(tag) && Intl.getCanonicalLocales(tag)[0] === tag ? tag : undefined
  } catch {
    return undefined
  }
}

const problemsOf = (name: string, text: string): string[] => {
  if (LAYOUTS.includes(name)) return problemsOfLayout(text)
  if (isTemplate(name)) return problemsOfWording(text)
  return [`is no template: those are ${LAYOUTS.join(', ')} and languages, such as fr.json or pt-BR.json`]
}

const problemsOfLayout = (layout: string): string[] => {
  const problems = problemsOfTemplate(layout, IN_LAYOUTS)
  if (problems.length > 0) return problems
  const showsCode = placeholdersIn(mustache.parse(layout)).some(
    ({ type, name }) => name === 'code' && (type === 'name' || type === '&'),
  )
  return showsCode ? [] : ['{{code}} is missing']
}

const problemsOfWording = (json: string): string[] => {
  let wording: unknown
  try {
    wording = JSON.parse(json)
  } catch (error) {
    return [`is not JSON: ${(error as Error).message}`]
  }
  const found = new Map(leavesOf(wording))
  return [
    ...WORDED.filter(path => !found.has(path)).map(path => `${path} is missing`),
    ...[...found].flatMap(([path, text]) => {
      if (!WORDED.includes(path)) return [`${path || 'the whole'} is in no mail`]
      if (typeof text !== 'string' || !/^\P{Cc}*\S\P{Cc}*$/u.test(text))
        return [`${path} is not a line of text`]
      return problemsOfTemplate(text, IN_WORDINGS).map(problem => `${path}: ${problem}`)
    }),
  ]
}

/** `{ a: { b: 1 } }` as `[['a.b', 1]]`. */
const leavesOf = (value: unknown, path = ''): [path: string, value: unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, inner]) =>
        leavesOf(inner, path === '' ? name : `${path}.${name}`),
      )
    : [[path, value]]

/** Mustache prints nothing for a name that it does not know. */
const problemsOfTemplate = (template: string, known: readonly string[]): string[] => {
  try {
    return placeholdersIn(mustache.parse(template))
      .filter(({ type, name }) => type === '>' || !known.includes(name))
      .map(({ name }) => `{{${name}}} is none of ${known.map(other => `{{${other}}}`).join(', ')}`)
  } catch (error) {
    return [`is not Mustache: ${(error as Error).message}`]
  }
}

const placeholdersIn = (spans: TemplateSpans): { type: string; name: string }[] =>
  spans.flatMap(([type, name, , , inner]) => [
    ...(['name', '&', '#', '^', '>'].includes(type) ? [{ type, name }] : []),
    ...(Array.isArray(inner) ? placeholdersIn(inner) : []),
  ])
