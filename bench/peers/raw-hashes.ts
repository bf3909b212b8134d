// What the machine can do: hashes per second on all cores, with the library and the cost that both sides hash with,
// and nothing else. Tells its parent.
//   node bench/peers/raw-hashes.ts <seconds>
import { availableParallelism } from 'node:os'
import { type Algorithm, hash } from '@node-rs/argon2'

/** Hashes per second, and seconds of processor time for each. */
export type RawHashes = { rate: number; cpu: number }

/** As in better-auth.ts, and as Vestibule's defaults are. */
const ARGON2 = { algorithm: 2 as Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const seconds = Number(process.argv[2])

let hashes = 0
const cpuBefore = process.cpuUsage()
const start = performance.now()
const end = start + seconds * 1000
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (; performance.now() < end; hashes += 1) await hash('Correct-Horse-7', ARGON2)
  }),
)
const took = (performance.now() - start) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const raw: RawHashes = { rate: hashes / took, cpu: (user + system) / 1e6 / hashes }
process.send?.(raw)
