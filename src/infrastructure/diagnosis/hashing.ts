import type { Verdict } from '../../application/diagnose.ts'
import { createPasswordHashing } from '../crypto/password-hashing.ts'
import { failed, ok, warning } from './verdict.ts'

/** Longer than this people wait for nothing but the hash. */
const SLOW_MS = 500

/** Hashes one password as it is configured. */
export const lookAtHashing = async (argon2: { memoryKib: number; passes: number }): Promise<Verdict> => {
  const settings = `ARGON2_MEMORY_KIB=${argon2.memoryKib} and ARGON2_PASSES=${argon2.passes}`
  let ms = 0
  try {
    const { hashPassword } = await createPasswordHashing(async (_urgency, hash) => {
      const begun = performance.now()
      const value = await hash()
      ms = performance.now() - begun
      return { ok: true, value }
    }, argon2)
    await hashPassword('Correct-Horse-7', undefined)
  } catch (error) {
    return failed(
      `no password can be hashed with ${settings}: ${(error as Error).message}`,
      'Lower ARGON2_MEMORY_KIB, or give the process more memory.',
    )
  }
  const found = `one hash takes ${Math.ceil(ms)} ms with ${settings}`
  if (ms <= SLOW_MS) return ok(found)
  return warning(
    found,
    'Lower ARGON2_MEMORY_KIB or ARGON2_PASSES (the defaults are 19456 and 2), or give the process more of a core.',
  )
}
