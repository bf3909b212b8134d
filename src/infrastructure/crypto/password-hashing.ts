import { randomBytes } from 'node:crypto'
import { type Algorithm, hash, verify } from '@node-rs/argon2'
import type { VerifyPassword } from '../../application/authenticate.ts'
import type { HashPassword } from '../../application/register-user.ts'
import { normalisePassword } from '../../domain/password.ts'
import type { Admit } from './hash-admission.ts'

/** The package exports its algorithms as a const enum, which type stripping cannot reach. */
const ARGON2ID = 2 as Algorithm.Argon2id

export type Argon2Cost = { memoryKib: number; passes: number }

/** Argon2id, version 1.3, one lane; salt and hash of a length that is in use (RFC 9106 §3.1 allows far more). */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=1\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/

/** What one verification may cost whatever a stored string asks for: 256 MiB, 16 passes. */
const MOST: Argon2Cost = { memoryKib: 262_144, passes: 16 }

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
  const most = {
    memoryKib: Math.max(cost.memoryKib, MOST.memoryKib),
    passes: Math.max(cost.passes, MOST.passes),
  }
  /** What is verified for an unknown address: the same work as for a known one, and it never matches. */
  const decoy = await hash(randomBytes(32), options)

  return {
    hashPassword: async (password, gone) => {
      const admitted = await admit('later', () => hash(normalisePassword(password), options), gone)
      return admitted.ok ? { ok: true, phc: admitted.value } : admitted
    },
    verifyPassword: async (password, stored, gone) => {
      const phc = stored !== undefined && isAffordable(stored, most) ? stored : undefined
      const normalised = normalisePassword(password)
      const admitted = await admit(
        'first',
        async () => {
          const matches = phc === undefined ? undefined : await verify(phc, normalised).catch(() => undefined)
          // What cannot be verified costs the same, and matches nothing.
          if (matches === undefined) await verify(decoy, normalised)
          return matches === true
        },
        gone,
      )
      if (!admitted.ok) return admitted
      const matches = admitted.value
      return { ok: true, matches, outdated: matches && phc?.startsWith(prefix) !== true }
    },
  }
}

/** A string that is not one of ours, or would cost more than anything we make, matches no password. */
const isAffordable = (phc: string, most: Argon2Cost): boolean => {
  const [, memoryKib, passes] = PHC.exec(phc) ?? []
  return Number(memoryKib) <= most.memoryKib && Number(passes) <= most.passes
}
