// Fast, and shown to be: every figure is measured on the real command, a real PostgreSQL (DATABASE_URL, or an embedded
// one) and load from another process, in several rounds. Leaves bench/results/<suite>.json and the tables of README.md
// and docs/performance.md.
//   npm run bench [-- <suite> …] [--quick]
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, platform, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { efficiency } from './suites/efficiency.ts'
import { instances } from './suites/instances.ts'
import { latency } from './suites/latency.ts'
import { overhead } from './suites/overhead.ts'
import { overload } from './suites/overload.ts'
import { scale } from './suites/scale.ts'
import { startup } from './suites/startup.ts'
import { watchStolen } from './support/cpu.ts'
import { type Result, readResults, type Shown, tableOf, withTable, writeResult } from './support/results.ts'
import type { Suite } from './support/suite.ts'

const SUITES: Record<string, Suite> = { efficiency, overhead, latency, overload, instances, startup, scale }
const root = fileURLToPath(new URL('..', import.meta.url))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
})
const { quick } = values
const wanted = positionals.length > 0 ? positionals : Object.keys(SUITES)
const unknown = wanted.filter(suite => !(suite in SUITES))
if (unknown.length > 0)
  throw new Error(`no such suite: ${unknown.join(', ')}; ${Object.keys(SUITES).join(', ')}`)

// A try is no result: it is kept apart, and README.md and docs stay as they are.
const folder = `${root}bench/results${quick ? '/quick' : ''}`
mkdirSync(folder, { recursive: true })
const draw = (picture: string, svg: string): void =>
  writeFileSync(`${quick ? folder : `${root}docs`}/${picture}`, svg)

let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true
  })
}

for (const [n, name] of wanted.entries()) {
  const progress = progressOf(`${name} (${n + 1} of ${wanted.length})`)
  const stolen = watchStolen()
  const outcome = await SUITES[name]?.({ quick, progress: progress.say, draw })
  progress.clear()
  if (outcome) writeResult(folder, { suite: name, ...circumstances(), stolen: stolen(), ...outcome })
}
const results = readResults(folder, Object.keys(SUITES))
process.stdout.write(`${tableOf(results, 'all')}\n`)
if (!quick) {
  writeTable('README.md', 'aimed')
  writeTable('docs/performance.md', 'main')
}

function writeTable(page: string, shown: Shown): void {
  const path = `${root}${page}`
  writeFileSync(path, withTable(readFileSync(path, 'utf8'), 'bench', tableOf(results, shown)))
}

function circumstances(): Omit<Result, 'suite' | 'parameters' | 'figures' | 'details'> {
  const cpu = cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? 'unknown'
  return {
    at: new Date().toISOString(),
    quick,
    machine: {
      node: process.version,
      cpu,
      cores: availableParallelism(),
      system: `${platform()} ${release()}`,
    },
    commit: commit(),
  }
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
    const changed = git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      'src',
      'migrations',
      'bench/*.ts',
    )
    return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' with changes'}`
  } catch {
    return 'unknown'
  }
}

/** One line that writes itself over, on a terminal; elsewhere a line each time. */
function progressOf(suite: string) {
  const start = performance.now()
  return {
    say: (doing: string): void => {
      if (interrupted) throw new Error('interrupted')
      const line = `${suite}, ${((performance.now() - start) / 1000).toFixed(0)} s: ${doing}`
      process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${line}` : `${line}\n`)
    },
    clear: (): void => {
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
    },
  }
}
