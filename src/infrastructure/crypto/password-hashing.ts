import { randomBytes } from 'node:crypto'
import { type Algorithm, hash, verify } from '@node-rs/argon2'
import type { VerifyPassword } from '../../application/authenticate.ts'
import type { HashPassword } from '../../application/register-user.ts'
import { normalisePassword } from '../../domain/password.ts'
import type { Admit } from './hash-admission.ts'

/** The package exports its algorithms as a const enum, which type stripping cannot reach. */
const ARGON2ID = 2 as Algorithm.Argon2id

export type Argon2Cost = { memoryKib: number; passes: number }

/**
 * Argon2id (RFC 9106) with one lane, as PHC strings. Verifying goes before hashing when both wait: whoever
 * activates has registered already, and finishing what was begun is worth more than beginning anew.
 */
export const createPasswordHashing = async (
  admit: Admit,
  cost: Argon2Cost,
): Promise<{ hashPassword: HashPassword; verifyPassword: VerifyPassword }> => {
  const options = { algorithm: ARGON2ID, memoryCost: cost.memoryKib, timeCost: cost.passes, parallelism: 1 }
  const prefix = `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=1$`
  /** What is verified for an unknown address: the same work as for a known one, and it never matches. */
  const decoy = await hash(randomBytes(32), options)

  return {
    hashPassword: async password => {
      const admitted = await admit('later', () => hash(normalisePassword(password), options))
      return admitted.ok ? { ok: true, phc: admitted.value } : admitted
    },
    verifyPassword: async (password, phc) => {
      const admitted = await admit('first', () => verify(phc ?? decoy, normalisePassword(password)))
      if (!admitted.ok) return admitted
      const matches = admitted.value && phc !== undefined
      return { ok: true, matches, outdated: matches && !phc.startsWith(prefix) }
    },
  }
}
