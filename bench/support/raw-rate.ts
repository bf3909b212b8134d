import { availableParallelism } from 'node:os'
import { startChild } from './child.ts'

/** Hashes per second, and seconds of processor time for each. */
export type RawHashes = { rate: number; cpu: number }

/** Measures what the machine hashes while it does nothing else, for so many seconds each time. */
export const startRawHashes = async (
  running: AsyncDisposableStack,
): Promise<(seconds: number) => Promise<RawHashes>> => {
  // As many threads as cores, so that there are as many hashes at once, whatever waits.
  const env = { UV_THREADPOOL_SIZE: String(availableParallelism()) }
  const { child } = await startChild(running, 'raw-hashes.ts', env)
  return seconds => child.ask<RawHashes>(seconds, seconds + 30)
}
