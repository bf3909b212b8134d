import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { end, untilSays } from './programs.ts'
import { NO_METRICS, PATIENT } from './settings.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** A folder of its own for a command to run in: `.data` will be there. */
export const scratchFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'vestibule-'))

export type RunningCommand = {
  child: ChildProcess
  /** Everything it has printed. */
  output: () => string
  api: string
  mailbox: string
  end: (signal: NodeJS.Signals) => ReturnType<typeof end>
}

const INHERITED_NAMES = [
  'PATH',
  'HOME',
  'NODE_COMPILE_CACHE',
  'NODE_DISABLE_COMPILE_CACHE',
  'NODE_V8_COVERAGE',
]
/** What is nothing of the service's; run-tests.ts says where there is what is compiled, and where to count what runs. */
const INHERITED = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => INHERITED_NAMES.includes(name)),
)

/** Runs `vestibule <arguments>` as a person would, with nothing set but what is passed. */
export const spawnCommand = (
  args: string[],
  folder: string,
  env: Record<string, string> = {},
  main = MAIN,
): ChildProcess =>
  spawn(process.execPath, [main, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...INHERITED, ...env },
  })

/** Starts the service and waits until it says that it is ready. */
export const serve = async (
  folder: string,
  env: Record<string, string> = {},
  main = MAIN,
): Promise<RunningCommand> => {
  const settings = { PORT: '0', ...NO_METRICS, ...PATIENT, ...env }
  const child = spawnCommand(['serve'], folder, settings, main)
  const output = await untilSays(child, /Vestibule is ready[\s\S]*Database .*\n/, 'the service')
  return {
    child,
    output,
    api: /API +(\S+)/.exec(output())?.[1] ?? '',
    mailbox: /Mailbox +(\S+)/.exec(output())?.[1] ?? '',
    end: signal => end(child, signal),
  }
}

/** Runs a command to its end. */
export const run = async (
  args: string[],
  env: Record<string, string> = {},
): Promise<{ exitCode: number; output: string }> => {
  const folder = await scratchFolder()
  const child = spawnCommand(args, folder, env)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (output += chunk))
  const [exitCode] = await once(child, 'close')
  await rm(folder, { recursive: true, force: true })
  return { exitCode, output }
}
