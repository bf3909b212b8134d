// How long until the service answers after it was started as a newcomer starts it: with its own PostgreSQL, in an empty
// folder and in one that has been used, also by a process that was killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { end, pathOf } from '../support/service.ts'
import type { Suite } from '../support/suite.ts'

const MAIN = pathOf('../../src/main.ts')
const COMMANDS = {
  node: [process.execPath, MAIN, 'serve'],
  'npm start': ['npm', 'start', '--silent'],
}
type Command = keyof typeof COMMANDS

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
      const start = async (what: string): Promise<ChildProcess> => {
        progress(`round ${round} of ${rounds}: ${command}, ${what}`)
        const started = await startIn(running, folder, command)
        seconds[`${command}, ${what}`] = [...(seconds[`${command}, ${what}`] ?? []), started.seconds]
        return started.child
      }
      await end(await start('empty folder'))
      const second = await start('warm')
      // npm passes a signal on, but not SIGKILL.
      if (command === 'node') {
        second.kill('SIGKILL')
        await once(second, 'exit')
        await end(await start('warm, after kill -9'))
      } else await end(second)
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
  const scripts = { start: `node ${JSON.stringify(MAIN)} serve` }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, scripts }))
  return folder
}

async function startIn(running: AsyncDisposableStack, cwd: string, command: Command) {
  const port = await freePort()
  const [program = '', ...args] = COMMANDS[command]
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
  const start = performance.now()
  const child = spawn(program, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...UNSET, PATH: path, PORT: String(port), METRICS_PORT: String(await freePort()) },
  })
  running.defer(() => end(child))
  while (!(await isReady(port))) {
    const waited = (performance.now() - start) / 1000
    if (child.exitCode !== null || waited > PATIENCE_SECONDS)
      throw new Error(`${command} does not become ready`)
    await sleep(10)
  }
  return { child, seconds: (performance.now() - start) / 1000 }
}

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/health/ready`).then(
    async answer => {
      await answer.arrayBuffer()
      return answer.ok
    },
    () => false,
  )
