import type { ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnCommand } from '../support/command.ts'
import { end, hasEnded } from '../support/programs.ts'

/** One process of the service, and whoever supervises it: one that ends by itself is started again. */
export type Instance = {
  /** `host:port`, which stay the same. */
  at: string
  /** Starts it, with more in its environment if need be, and waits until it answers. */
  start: (env?: Record<string, string>) => Promise<void>
  /** As `kill -9` does. */
  kill: () => Promise<void>
  /** Asks it to stop, and returns how it ended and in how many milliseconds. */
  drain: () => Promise<{ exitCode: number | NodeJS.Signals | null; tookMs: number }>
}

/** Writes its log into a folder, where somebody may look for what happened. */
export const createInstance = (
  name: string,
  port: number,
  folder: string,
  env: Record<string, string>,
): Instance => {
  const at = `127.0.0.1:${port}`
  let child: ChildProcess | undefined

  const stop = async (signal: NodeJS.Signals) => {
    const running = child
    child = undefined
    return running && !hasEnded(running) ? end(running, signal) : null
  }

  const run = (more: Record<string, string>): ChildProcess => {
    const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' })
    const running = spawnCommand(['serve'], folder, { ...env, ...more, PORT: String(port) })
    for (const stream of [running.stdout, running.stderr]) stream?.pipe(log, { end: false })
    running.once('close', () => log.end())
    return running
  }

  return {
    at,
    start: async (more = {}) => {
      child = run(more)
      while (!(await answers(at))) {
        // What it depends on may be down at the moment.
        if (hasEnded(child)) child = run(more)
        await sleep(100)
      }
    },
    kill: async () => void (await stop('SIGKILL')),
    drain: async () => {
      const since = performance.now()
      const exitCode = await stop('SIGTERM')
      return { exitCode, tookMs: performance.now() - since }
    },
  }
}

const answers = (at: string): Promise<boolean> =>
  fetch(`http://${at}/health/live`).then(
    ({ ok }) => ok,
    () => false,
  )
