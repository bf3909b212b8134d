// The service with nothing in the place of its hashes: the benchmark's own wiring, so that everything else can be
// measured. A registration costs no hash, and every password is right.
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'

const PHC = `$argon2id$v=19$m=19456,t=2,p=1$${'s'.repeat(22)}$${'h'.repeat(43)}`

process.env.UV_THREADPOOL_SIZE = '6'
const app = createApp(readConfig(process.env, false), '.data', {
  hashing: {
    hashPassword: async () => ({ ok: true, phc: PHC }),
    verifyPassword: async () => ({ ok: true, matches: true, outdated: false }),
  },
})
process.on('SIGTERM', () => void app.stop().then(() => process.exit(0)))
await app.start()
