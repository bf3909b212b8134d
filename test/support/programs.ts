import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/**
 * For `describe` and `it`: why tests are skipped for want of a program, if they are. CI sets
 * NOTHING_MAY_BE_SKIPPED=true: there they run, and fail.
 */
export const skipWithout = (installed: boolean, sentence: string): string | false =>
  !installed && process.env.NOTHING_MAY_BE_SKIPPED !== 'true' && sentence

export const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null

/** Ends a process that has not ended by itself: returns its exit code, or the signal that ended it. */
export const end = async (
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<number | NodeJS.Signals | null> => {
  if (!hasEnded(child)) {
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return child.exitCode ?? child.signalCode
}

/**
 * Waits until a process has printed something like that, and returns what gives all that it has printed, then and
 * later. One that ends without is an error that shows it.
 */
export const untilSays = async (child: ChildProcess, phrase: RegExp, name: string): Promise<() => string> => {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      said += chunk
      if (phrase.test(said)) resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', reject)
    child.once('close', code => reject(new Error(`${name} ended with ${code}:\n${said}`)))
  })
  return () => said
}
