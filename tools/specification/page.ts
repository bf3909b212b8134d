import { globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CHAPTERS, type Chapter } from './chapters.ts'
import { LEFT_OUT } from './left-out.ts'
import { distinct, readTitles, type Title } from './read-titles.ts'
import { parse } from './static-values.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const SPECIFICATION_FILE = join(ROOT, 'docs/specification.md')

/**
 * The page that the names of the tests make. Throws when a test file has neither a chapter nor a reason to be left
 * out, or when a chapter names a file that is not there.
 */
export const specification = (): string => {
  const homeless = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: ROOT }).filter(isHomeless)
  if (homeless.length > 0) throw new Error(`tools/specification/chapters.ts: no chapter for ${homeless}`)
  return [HEAD, contents(), ...CHAPTERS.map(chapter)].join('\n\n').concat('\n')
}

const isHomeless = (file: string): boolean =>
  !CHAPTERS.some(({ files }) => files.includes(file)) &&
  !Object.values(LEFT_OUT)
    .flat()
    .some(beginning => file.startsWith(beginning))

const HEAD = `# Specification

What Vestibule promises, in the names of its tests: behind every line stands a test that passes. \`npm run specification\` writes this page from the sources of the tests; to mend a line, mend the name of its test. _Words in italics_ stand for what the rows of a longer table hold, which is in the test. Left out are ${Object.keys(LEFT_OUT).join(', and ')}.`

const contents = (): string =>
  `**Contents**: ${CHAPTERS.map(({ title }) => `[${title}](#${anchor(title)})`).join(' · ')}`

const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z -]/g, '')
    .replaceAll(' ', '-')

const chapter = ({ title, about, files }: Chapter): string => {
  const titles = distinct(files.flatMap(file => readTitles(parse(join(ROOT, file)))))
  return [`## ${title}`, about, bullets(titles, '')].join('\n\n')
}

const bullets = (titles: Title[], indent: string): string =>
  titles
    .map(({ text, within }) => {
      const line = `${indent}- ${within.length > 0 && indent === '' ? `**${asMarkdown(text)}**` : asMarkdown(text)}`
      return within.length > 0 ? `${line}\n${bullets(within, `${indent}  `)}` : line
    })
    .join('\n')

/** What stands in a name as it is: routes, codes and variables with their values, quoted texts, lists, placeholders. */
const CODE = new RegExp(
  [
    String.raw`(?:GET|POST|HEAD) /[\w{}/-]*`,
    String.raw`/(?:openapi\.json|docs|web|users|health/live|health/ready)\b`,
    String.raw`\b[A-Za-z][A-Za-z0-9.]*(?:_[A-Za-z0-9.]+)+(?:=[^\s«]*[^\s«,;:)])?`,
    String.raw`\[(?:"(?:[^"\\]|\\.)*"|null|,)*\]`,
    String.raw`"(?:[^"\\]|\\.)*"`,
    String.raw`\{\{\w+\}\}`,
    String.raw`\b(?:user|mail)\.[a-z_]+`,
  ].join('|'),
  'g',
)

const asMarkdown = (text: string): string => {
  const plain = text
    .split(CODE)
    .map(part => part.replaceAll(/[<>[\]*_`|\\]/g, '\\$&').replaceAll(/«(.*?)»/g, '_$1_'))
  const code = text.match(CODE)?.map(part => `\`${part.replaceAll('`', "'")}\``) ?? []
  return plain.flatMap((part, index) => [part, code[index] ?? '']).join('')
}
