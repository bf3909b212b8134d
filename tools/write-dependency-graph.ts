// `npm run graph`: draws who imports whom in src/, as dependency-cruiser finds it, into docs/architecture.md.
// With --check it writes nothing and fails when what stands there is not what it would write.
import { readFile, writeFile } from 'node:fs/promises'
import { cruise, type ICruiseResult } from 'dependency-cruiser'

const TARGET = new URL('../docs/architecture.md', import.meta.url)
const DRAWN = /(<!-- graph -->\n).*?(<!-- \/graph -->)/s

/** From one file to another, both below src/. */
type Import = { from: string; to: string; typeOnly: boolean }
type Arrow = { from: string; to: string; imports: number; typesOnly: boolean }

const importsOf = ({ modules }: ICruiseResult): Import[] =>
  modules.flatMap(({ source, dependencies }) =>
    dependencies
      .filter(({ resolved }) => resolved.startsWith('src/'))
      .map(({ resolved, dependencyTypes }) => ({
        from: source.slice('src/'.length),
        to: resolved.slice('src/'.length),
        typeOnly: dependencyTypes.includes('type-only'),
      })),
  )

/** The arrows between rooms; what `roomOf` puts nowhere is left out, and so is what stays in one room. */
const arrowsBetween = (imports: Import[], roomOf: (path: string) => string | undefined): Arrow[] => {
  const arrows = new Map<string, Arrow>()
  for (const { typeOnly, ...files } of imports) {
    const [from, to] = [roomOf(files.from), roomOf(files.to)]
    if (from === undefined || to === undefined || from === to) continue
    const { imports, typesOnly } = arrows.get(`${from} ${to}`) ?? { imports: 0, typesOnly: true }
    arrows.set(`${from} ${to}`, { from, to, imports: imports + 1, typesOnly: typesOnly && typeOnly })
  }
  return [...arrows.values()].sort((one, other) =>
    `${one.from} ${one.to}`.localeCompare(`${other.from} ${other.to}`, 'en'),
  )
}

const flowchart = (arrows: Arrow[]): string => {
  const lines = arrows.map(({ from, to, imports, typesOnly }) =>
    typesOnly ? `  ${from} -. "${imports}, types" .-> ${to}` : `  ${from} -- ${imports} --> ${to}`,
  )
  return ['```mermaid', 'flowchart LR', ...lines, '```'].join('\n')
}

/** `main.ts` is `main`; all below `http/` is `http`; `config.ts` and all below `config/` are one room. */
const layerOf = (path: string): string => path.replace(/[/.].*$/, '')

const roomOfInfrastructure = (path: string): string | undefined => /^infrastructure\/([^/.]+)/.exec(path)?.[1]

const { output } = await cruise(['src'], {
  exclude: { path: '\\.test\\.ts$|^src/web/' },
  doNotFollow: { path: 'node_modules' },
  tsPreCompilationDeps: true,
})
const imports = importsOf(output as ICruiseResult)
const drawn = `Between the layers; a number says how many imports there are, a dotted line that they are of types alone:

${flowchart(arrowsBetween(imports, layerOf))}

Between the rooms of \`infrastructure\`:

${flowchart(arrowsBetween(imports, roomOfInfrastructure))}
`

const page = await readFile(TARGET, 'utf8')
if (!DRAWN.test(page)) throw new Error('docs/architecture.md has no place for the drawing')
const mended = page.replace(DRAWN, (_, begin: string, end: string) => `${begin}${drawn}${end}`)
if (!process.argv.includes('--check')) await writeFile(TARGET, mended)
else if (mended !== page) {
  process.stderr.write('docs/architecture.md draws other imports than there are. Run: npm run graph\n')
  process.exitCode = 1
}
