// How long until the service answers after it was started as a newcomer starts it: with its own PostgreSQL, in an empty
// folder and in one that has been used, also by a process that was killed.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { pathOf, startArguments } from '../support/service.ts'
import type { Suite } from '../support/suite.ts'

const COMMANDS = {
  node: [process.execPath, ...startArguments()],
  'npm start': ['npm', 'start', '--silent'],
}
type Command = keyof typeof COMMANDS
/** What src/main.ts keeps of what it has compiled. */
const COMPILED = pathOf('../../node_modules/.cache/compiled')

const PATIENCE_SECONDS = 60
/** Whatever the environment says about a database would take away what is measured. */
const UNSET = { DATABASE_URL: undefined, NODE_ENV: undefined }

export const startup: Suite = async ({ quick, progress }) => {
  const rounds = quick ? 1 : 5
  const seconds: Record<string, number[]> = {}

  for (let round = 1; round <= rounds; round += 1) {
    for (const command of ['node', 'npm start'] as const) {
      await using running = new AsyncDisposableStack()
      const folder = await temporaryFolder(running)
      const start = async (what: string): Promise<Started> => {
        progress(`round ${round} of ${rounds}: ${command}, ${what}`)
        const started = await startIn(running, folder, command)
        seconds[`${command}, ${what}`] = [...(seconds[`${command}, ${what}`] ?? []), started.seconds]
        return started
      }
      // A newcomer has not compiled anything yet either.
      await rm(COMPILED, { recursive: true, force: true })
      await (await start('empty folder')).stop('SIGTERM')
      const second = await start('warm')
      if (command === 'node') {
        await second.stop('SIGKILL')
        await (await start('warm, after kill -9')).stop('SIGTERM')
      } else await second.stop('SIGTERM')
    }
  }
  return {
    parameters: { rounds },
    figures: Object.entries(seconds).map(([name, values]) => ({
      name: `to ready: ${name}`,
      unit: 's',
      values,
      aim: { most: name.includes('empty') ? 5 : 2 },
    })),
  }
}

/** As a checkout is: `npm start` runs what package.json says, in the folder where that is. */
async function temporaryFolder(running: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-start-'))
  running.defer(() => rm(folder, { recursive: true, force: true }))
  const scripts = { start: ['node', ...startArguments().map(word => JSON.stringify(word))].join(' ') }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, scripts }))
  return folder
}

type Started = { seconds: number; stop: (signal: NodeJS.Signals) => Promise<void> }

async function startIn(running: AsyncDisposableStack, cwd: string, command: Command): Promise<Started> {
  const port = await freePort()
  const [program = '', ...args] = COMMANDS[command]
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
  const start = performance.now()
  // A group of its own, since a terminal signals all of a group: npm keeps a signal for itself and its shell.
  const child = spawn(program, args, {
    cwd,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...UNSET, PATH: path, PORT: String(port), METRICS_PORT: String(await freePort()) },
  })
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    // Once: whoever is asked twice ends without cleaning up.
    signalGroup(child.pid, signal)
    while (signalGroup(child.pid, 0)) await sleep(50)
  }
  running.defer(() => stop('SIGTERM'))
  while (!(await isReady(port))) {
    const waited = (performance.now() - start) / 1000
    if (child.exitCode !== null || waited > PATIENCE_SECONDS)
      throw new Error(`${command} does not become ready`)
    await sleep(10)
  }
  return { seconds: (performance.now() - start) / 1000, stop }
}

/** False when nobody is left in it. */
const signalGroup = (leader: number | undefined, signal: NodeJS.Signals | 0): boolean => {
  try {
    return leader !== undefined && process.kill(-leader, signal)
  } catch {
    return false
  }
}

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/health/ready`).then(
    async answer => {
      await answer.arrayBuffer()
      return answer.ok
    },
    () => false,
  )
