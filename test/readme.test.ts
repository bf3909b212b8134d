import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseEnv, promisify } from 'node:util'
import { readConfig } from '../src/config.ts'
import { PROBLEMS } from '../src/http/problems.ts'
import { readTitles, type Title } from '../tools/specification/read-titles.ts'
import { parse } from '../tools/specification/static-values.ts'
import { type RunningCommand, scratchFolder, serve } from './support/command.ts'

/**
 * What the documents say is true. A shell block of README.md below `<!-- try -->` is run, in order and in one
 * shell, against the real command on free ports; the block after it, if it is `http` or `text`, is what comes
 * back, ids, times, codes and left-out headers aside. `<!-- try after stopping -->` runs in the same folder
 * once the service has stopped. Neither comment shows on the rendered page.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const README = read('README.md')
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts

type Step = { line: number; when: string; command: string; kind: string | undefined; answer: string }

const steps = (): Step[] =>
  [...README.matchAll(/^<!-- (try[a-z ]*) -->\n```sh\n(.*?)^```\n(?:\n```(http|text)\n(.*?)^```\n)?/gms)].map(
    ({ index, 1: when = '', 2: command = '', 3: kind, 4: answer = '' }) => {
      return { line: README.slice(0, index).split('\n').length, when, command, kind, answer }
    },
  )

describe('README.md', { skip: missingPrograms() }, () => {
  let folder: string
  let service: RunningCommand
  before(async () => {
    folder = await scratchFolder()
    service = await serve(folder, { PUBLIC_URL: 'http://localhost:8000' })
  })
  const stop = async () => {
    if (service.child.exitCode === null) await service.end('SIGTERM')
  }
  after(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('prints commands that answer what it says they answer', async () => {
    const tried = steps().filter(({ when }) => when === 'try')
    assert.ok(tried.length >= 9, `only ${tried.length} blocks are tried`)
    const commands = tried.map(({ command }) =>
      command
        .replaceAll('http://localhost:8000', service.api)
        .replaceAll('http://localhost:8025', service.mailbox),
    )
    const answers = await runInOneShell(commands, folder)
    for (const [index, step] of tried.entries()) assertAnswer(step, answers[index] ?? '')
  })

  it('lists every route that the service documents, and no other', async () => {
    const document = (await (await fetch(`${service.api}/openapi.json`)).json()) as { paths: object }
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
    )
    assert.deepEqual(firstCells(section('Routes')).toSorted(), routes.toSorted())
  })

  it('prints what the start prints', () => {
    const banner = /Vestibule is ready.*?Database[^\n]*/s.exec(service.output())?.[0] ?? ''
    const printed = /Vestibule is ready.*?Database[^\n]*/s.exec(README)?.[0] ?? ''
    const places = (text: string) =>
      text.replaceAll(/localhost:\d+/g, '<place>').replace(/ in \S+/, ' in .data')
    assert.equal(places(printed), places(banner))
  })

  it('prints commands for a stopped service that answer what it says they answer', async () => {
    await stop()
    const tried = steps().filter(({ when }) => when === 'try after stopping')
    assert.ok(tried.length > 0)
    const answers = await runInOneShell(tried.map(asNodeCommand), folder)
    for (const [index, step] of tried.entries()) assertAnswer(step, answers[index] ?? '')
  })
})

describe('the configuration', () => {
  const examples = [...read('.env.example').matchAll(/^# ([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(
    ({ 1: name = '', 2: value = '' }) => ({ name, value }),
  )
  const table = [...section('Configuration').matchAll(/^\| `([A-Z0-9_]+)` \| (.*?) \|/gm)]
  const described = new Map(table.map(({ 1: name = '', 2: fallback = '' }) => [name, fallback]))

  it('has each variable that the service reads in README.md and in .env.example, and no other', () => {
    const files = [
      'src/config.ts',
      ...readdirSync(join(ROOT, 'src/config')).map(name => `src/config/${name}`),
    ]
    const source = files.map(read).join('\n')
    const names = [...source.matchAll(/\bread\.\w+\(\s*'([A-Z][A-Z0-9_]*)'/g)].map(match => match[1])
    const known = [...new Set(names)].toSorted()
    assert.ok(known.length > 20)
    assert.deepEqual([...described.keys()].toSorted(), known)
    assert.deepEqual(examples.map(({ name }) => name).toSorted(), known)
  })

  it('has the defaults that README.md and .env.example give', () => {
    for (const { name, value } of examples) {
      const fallback = described.get(name)
      if (value === '') assert.equal(fallback, '–', `${name} has a default in README.md`)
      else assert.ok(fallback?.startsWith(`\`${value}\``), `${name}: ${value}, but ${fallback} in README.md`)
    }
    const uncommented = parseEnv(read('.env.example').replaceAll(/^# (?=[A-Z][A-Z0-9_]*=)/gm, ''))
    for (const env of [{}, { MAIL_TRANSPORT: 'smtp' }]) {
      assert.deepEqual(readConfig({ ...uncommented, ...env }, false), readConfig(env, false))
    }
  })
})

describe('the documents', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'client/README.md',
    'examples/README.md',
    ...markdownIn('docs'),
  ]

  it('explain every problem, under its status', () => {
    const rows = [...section('Errors').matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)].map(([, status, code]) => [
      code ?? '',
      Number(status),
    ])
    const problems = Object.entries(PROBLEMS).map(([code, { status }]) => [code, status])
    assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(problems))
  })

  it('have a line for every dependency, and for no other', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json'))
    const names = [...read('docs/dependencies.md').matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
      cell.split(', ').map(name => name.replaceAll('`', '')),
    )
    assert.deepEqual(names.toSorted(), Object.keys({ ...dependencies, ...devDependencies }).toSorted())
  })

  it('link to files and headings that exist', () => {
    for (const document of documents) {
      for (const [, target = ''] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [path = '', anchor] = target.split('#')
        const file = path === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), path))
        assert.ok(existsSync(join(ROOT, file)), `${document} links to ${target}`)
        if (anchor) assert.ok(anchorsIn(file).includes(anchor), `${document} links to ${target}`)
      }
    }
  })

  it('cite files that exist, tests under titles they have and names that occur: docs/security.md', () => {
    for (const [path, citations] of Map.groupBy(citationsIn('docs/security.md'), ({ path }) => path)) {
      const file = [path, `src/${path}`].find(known => existsSync(join(ROOT, known)))
      assert.ok(file, `there is no ${path}`)
      for (const { name } of citations) {
        if (name) assert.ok(read(file).includes(name), `${name} is not in ${path}`)
      }
      const cited = citations.flatMap(({ titles }) => titles)
      const known = cited.length > 0 ? titlesIn(file) : []
      for (const title of cited) assert.ok(known.some(asWritten(title)), `no test “${title}” in ${path}`)
    }
  })

  it('put the title of a test into quotes behind its file: docs/security.md', () => {
    const rows = read('docs/security.md').match(/^\|.*\.test\.ts`.*$/gm) ?? []
    assert.ok(rows.length > 100, `only ${rows.length} rows cite a test`)
    for (const row of rows) assert.doesNotMatch(row, /\.test\.ts`(?!(,? "[^"]+")*(;| \|))/)
  })

  it('name only commands of package.json and Makefile', () => {
    const targets = [...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(match => match[1] ?? '')
    for (const document of documents) {
      const code = [...read(document).matchAll(/^```.*?^```|`[^`\n]+`/gms)].join('\n')
      for (const [, name = ''] of code.matchAll(/npm run (?:-\S+ )*([\w:-]+)/g)) {
        assert.ok(name in scripts, `${document}: npm run ${name}`)
      }
      for (const [, name = ''] of code.matchAll(/(?:^|`|&& )make ([a-z-]+)/gm)) {
        assert.ok(targets.includes(name), `${document}: make ${name}`)
      }
    }
  })
})

const MARK = '--- the next command ---'

/** Runs the commands one after the other; what one sets, the next one has. Returns what each has printed. */
const runInOneShell = async (commands: string[], cwd: string): Promise<string[]> => {
  const script = commands.join(`\nprintf '%s\\n' '${MARK}'\n`)
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { cwd, env, timeout: 60_000 })
  return stdout.split(`${MARK}\n`)
}

/** The `npm run …` of a step in the folder of the test, where npm would go to the one of package.json. */
const asNodeCommand = ({ command }: Step): string =>
  command.replaceAll(/npm run ([\w:-]+)(?: --)?/g, (_, name: string) =>
    (scripts[name] ?? '').replace(/^node src\//, `"${process.execPath}" "${ROOT}src/"`),
  )

const assertAnswer = ({ line, kind, answer }: Step, actual: string): void => {
  const where = `the answer to the command in line ${line} of README.md`
  if (kind === 'text') assert.equal(mask(actual).trim(), mask(answer).trim(), where)
  if (kind !== 'http') return
  const expected = parseHttp(answer)
  const got = parseHttp(actual)
  assert.equal(got.status, expected.status, `${where}\n${actual}`)
  for (const [name, value] of expected.headers)
    assert.equal(got.headers.get(name), value, `${where}: ${name}`)
  assert.deepEqual(got.body, expected.body, where)
}

const parseHttp = (text: string) => {
  const [head = '', body = ''] = mask(text)
    .replaceAll('\r\n', '\n')
    .split(/\n\n(.*)/s)
  const [status, ...lines] = head.split('\n')
  const headers = new Map(
    lines.map(line => line.split(/: (.*)/)).map(([name = '', value = '']) => [name.toLowerCase(), value]),
  )
  return { status, headers, body: JSON.parse(body) }
}

/** What is different each time, made the same. */
const mask = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replaceAll(/^\d{4}$/gm, '<code>')

function section(title: string): string {
  const found = README.split(/^## /m).find(text => text.startsWith(`${title}\n`))
  assert.ok(found, `README.md has no section ${title}`)
  return found
}

const firstCells = (text: string): string[] =>
  [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell)

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.md'))
    .map(file => join(folder, file))
}

type Citation = { path: string; name: string | undefined; titles: string[] }

/**
 * What a document takes from sources: a file or folder, from the root or from src/, with something that stands in it
 * in brackets, or titles of its tests in quotes: `http/server.ts` (`trusting`), `x.test.ts` "one", "another …".
 */
const citationsIn = (document: string): Citation[] =>
  [...read(document).matchAll(CITED)].map(([, path = '', name, titles = '']) => ({
    path,
    name,
    titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title),
  }))

const CITED =
  /`([\w.][\w./-]*(?:\.(?:ts|js|json|html|md|sql|yaml)|\/))(?:#[\w-]+)?`(?: \(`([^`]+)`\))?((?:,? "[^"]+")*)/g

const titlesIn = (file: string): string[] => {
  const texts = (titles: Title[]): string[] => titles.flatMap(({ text, within }) => [text, ...texts(within)])
  return texts(readTitles(parse(join(ROOT, file))))
}

/** A title with `…` for whatever was left out. */
const asWritten = (title: string) => {
  const parts = title.split('…').map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(`^${parts.join('.*')}$`, 's')
  return (text: string): boolean => pattern.test(text)
}

/** As code hosts make them: lower case, spaces to hyphens, punctuation gone. */
const anchorsIn = (file: string): string[] =>
  [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

function missingPrograms(): string | false {
  const missing = ['sh', 'curl', 'grep', 'tail'].filter(
    name => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
  )
  return missing.length > 0 && `needs ${missing.join(', ')}`
}
