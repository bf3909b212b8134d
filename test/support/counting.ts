import pg from 'pg'
import { refuse } from '../../src/domain/refusals.ts'
import { createPasswordHashing } from '../../src/infrastructure/crypto/password-hashing.ts'
import { CHEAP, openDoor } from './hashing.ts'

/** Password hashing that counts what it does, and can be told that it is too busy. */
export const countingHashing = async () => {
  const hashing = await createPasswordHashing(openDoor().admit, CHEAP)
  const counted = { hashes: 0, verifications: 0, busy: false }
  const overloaded = refuse({ refusal: 'overloaded', retryAfterSeconds: 1 })
  const hashPassword: typeof hashing.hashPassword = async password => {
    if (counted.busy) return overloaded
    counted.hashes += 1
    return hashing.hashPassword(password)
  }
  const verifyPassword: typeof hashing.verifyPassword = async (password, phc) => {
    if (counted.busy) return overloaded
    counted.verifications += 1
    return hashing.verifyPassword(password, phc)
  }
  return { counted, hashing: { hashPassword, verifyPassword } }
}

/** What the courier and the purge do, at moments of their own. */
const IN_THE_BACKGROUND = new Set(['claim-messages', 'settle-messages', 'purge-pending', 'purge-ledger'])

/** Names the statements that are sent to PostgreSQL while some work is done, but for those in the background. */
export const statementsDuring = async (work: () => Promise<unknown>): Promise<string[]> => {
  const names: string[] = []
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...sent: unknown[]) {
    const { name } = Object(sent[0])
    if (typeof name === 'string' && !IN_THE_BACKGROUND.has(name)) names.push(name)
    return Reflect.apply(query, this, sent)
  } as typeof query
  await work().finally(() => {
    pg.Client.prototype.query = query
  })
  return names
}
