import { availableParallelism } from 'node:os'
import { startChild } from './child.ts'

export type RawHashes = { hashes: number; seconds: number }

/** Measures how many hashes a second the machine makes while it does nothing else. */
export const startRawHashes = async (
  running: AsyncDisposableStack,
): Promise<(seconds: number) => Promise<number>> => {
  // As many threads as cores, so that there are as many hashes at once, whatever waits.
  const env = { UV_THREADPOOL_SIZE: String(availableParallelism()) }
  const { child } = await startChild(running, 'raw-hashes.ts', env)
  return async seconds => {
    const raw = await child.ask<RawHashes>(seconds, seconds + 30)
    return raw.hashes / raw.seconds
  }
}
