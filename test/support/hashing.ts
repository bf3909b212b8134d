import assert from 'node:assert/strict'
import type { Admit, Urgency } from '../../src/infrastructure/crypto/hash-admission.ts'
import type { createPasswordHashing } from '../../src/infrastructure/crypto/password-hashing.ts'

export type Hashing = Awaited<ReturnType<typeof createPasswordHashing>>

/** Argon2id at its cheapest. */
export const CHEAP = { memoryKib: 8, passes: 1 }

/** Admits everything, and writes down how urgent it was. */
export const openDoor = () => {
  const admitted: Urgency[] = []
  const admit: Admit = async (urgency, work) => {
    admitted.push(urgency)
    return { ok: true, value: await work() }
  }
  return { admitted, admit }
}

export const hashed = async ({ hashPassword }: Hashing, password: string): Promise<string> => {
  const outcome = await hashPassword(password)
  assert.ok(outcome.ok)
  return outcome.phc
}
