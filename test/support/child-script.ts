import { type ChildProcess, spawn } from 'node:child_process'
import { end } from './programs.ts'

export type ChildScript = {
  child: ChildProcess
  /** The first line that it printed. */
  said: string
  /** As `kill -9` does: it gets no chance to tidy up. */
  kill: () => Promise<void>
}

/**
 * Runs a module of a few lines in a process of its own and waits for the first line that it prints; a script
 * that ends without one is an error. It may import by absolute URL: `import.meta.resolve` makes one.
 */
export const startChildScript = async (script: string): Promise<ChildScript> => {
  const child = spawn(process.execPath, ['--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let complained = ''
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', chunk => {
      printed += chunk
      if (printed.includes('\n')) resolve(printed.slice(0, printed.indexOf('\n')))
    })
    child.stderr.on('data', chunk => {
      complained += chunk
    })
    child.on('close', code => reject(new Error(`exit code ${code}: ${complained}`)))
  })
  return {
    child,
    said,
    kill: async () => void (await end(child, 'SIGKILL')),
  }
}
