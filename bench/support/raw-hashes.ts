// Hashes as fast as the machine can, with the library and the parameters of the service and nothing beside them, in a
// process of its own: so many seconds as it is told each time. What the service is compared with.
import { availableParallelism } from 'node:os'
import { type Algorithm, hash } from '@node-rs/argon2'
import type { RawHashes } from './raw-rate.ts'

/** The default parameters; see src/infrastructure/crypto/password-hashing.ts. */
const OPTIONS = { algorithm: 2 as Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** One that runs on each core, and one that waits, so that no core has to wait for this thread. */
const AT_ONCE = 2 * availableParallelism()

process.on('message', async (seconds: number) => {
  const start = performance.now()
  const cpuBefore = process.cpuUsage()
  let hashes = 0
  const hasher = async (): Promise<void> => {
    while (performance.now() < start + seconds * 1000) {
      await hash('Correct-Horse-7', OPTIONS)
      hashes += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, hasher))
  const { user, system } = process.cpuUsage(cpuBefore)
  process.send?.({
    rate: hashes / ((performance.now() - start) / 1000),
    cpu: (user + system) / 1e6 / hashes,
  } satisfies RawHashes)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
