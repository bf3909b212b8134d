import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { end } from './programs.ts'

export type RunningExample = {
  child: ChildProcess
  /** Waits until it has printed a line like this so many times, and returns the last of them. */
  said: (line: RegExp, times?: number) => Promise<string>
  end: (signal: NodeJS.Signals) => ReturnType<typeof end>
}

/** Runs a file of `examples/` as its reader would. */
export const startExample = (path: string, env: Record<string, string>): RunningExample => {
  const file = fileURLToPath(new URL(`../../examples/${path}`, import.meta.url))
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  let printed = ''
  const readers = new Set<() => void>()
  child.stdout.on('data', chunk => {
    printed += chunk
    for (const read of [...readers]) read()
  })
  return {
    child,
    said: (line, times = 1) =>
      new Promise((resolve, reject) => {
        const read = () => {
          const lines = printed.split('\n').filter(text => line.test(text))
          if (lines.length < times) return
          readers.delete(read)
          resolve(lines[times - 1] ?? '')
        }
        child.once('exit', code =>
          reject(new Error(`exit code ${code}, and never said ${line}:\n${printed}`)),
        )
        readers.add(read)
        read()
      }),
    end: signal => end(child, signal),
  }
}
