import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { end } from './service.ts'

/** A process that answers each message with one: `ask` throws when it does not within the time, or has ended. */
export type Child = { pid: number; ask: <Answer>(message: unknown, withinSeconds: number) => Promise<Answer> }

/** Runs a script of this folder as a process of its own, which is ended with `running`; also what it says first. */
export const startChild = async <First>(
  running: AsyncDisposableStack,
  script: string,
  env: Record<string, string> = {},
): Promise<{ child: Child; first: First }> => {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const forked = fork(path, { env: { ...process.env, ...env } })
  running.defer(() => end(forked))
  const answer = async <Answer>(withinSeconds: number): Promise<Answer> => {
    const over = new AbortController()
    const { signal } = over
    // It takes whole milliseconds only.
    const late = AbortSignal.timeout(Math.ceil(withinSeconds * 1000))
    try {
      const [message] = await Promise.race([
        once(forked, 'message', { signal }),
        once(forked, 'exit', { signal }).then(([code]) => {
          throw new Error(`${script} has ended with ${code}`)
        }),
        once(late, 'abort', { signal }).then(() => {
          throw new Error(`${script} did not answer within ${withinSeconds} s`)
        }),
      ])
      return message
    } finally {
      over.abort()
    }
  }
  const first = await answer<First>(20)
  return {
    first,
    child: {
      pid: forked.pid ?? 0,
      ask: (message, withinSeconds) => {
        forked.send(message as object)
        return answer(withinSeconds)
      },
    },
  }
}
