import { randomBytes } from 'node:crypto'
import { seal, unseal } from '../crypto/sealing.ts'
import type { Database } from './database.ts'

const READ = { name: 'ledger-key-read', text: 'select sealed from ledger_key' }
const CREATE = {
  name: 'ledger-key-create',
  text: 'insert into ledger_key (sealed) values ($1) on conflict do nothing',
}
const RESEAL = {
  name: 'ledger-key-reseal',
  text: 'update ledger_key set sealed = $2 where sealed = $1',
}

/**
 * The key under which the ledger knows addresses: random, made once for a database, and kept there sealed by
 * `SECRET_KEY`. It stays the same when that is rotated, so that an address keeps its row, and with it every
 * wrong guess. After a rotation it is sealed anew. Throws when no key that is configured opens it: going on with
 * an empty ledger would forgive everything.
 */
export const provideLedgerKey = async (
  database: Database,
  secretKey: string,
  previousSecretKey: string | undefined,
): Promise<Buffer> => {
  const sealed = (await readSealed(database)) ?? (await createSealed(database, secretKey))
  const key = unseal(sealed, secretKey)
  if (key) return key

  const rotated = previousSecretKey === undefined ? undefined : unseal(sealed, previousSecretKey)
  if (!rotated) {
    throw new Error(
      'SECRET_KEY is not the one this database was used with before. If it was rotated, put the one before into SECRET_KEY_PREVIOUS; if that is lost, see docs/operations.md#a-lost-secret_key',
    )
  }
  await database.query(RESEAL, [sealed, seal(rotated, secretKey)])
  return rotated
}

/** Says which of the keys that are configured opens the one in the database, and changes nothing there. */
export const tryLedgerKey = async (
  database: Database,
  secretKey: string,
  previousSecretKey: string | undefined,
): Promise<'fits' | 'previous fits' | 'none fits' | 'unused'> => {
  const sealed = await readSealed(database)
  if (!sealed) return 'unused'
  if (unseal(sealed, secretKey)) return 'fits'
  return previousSecretKey !== undefined && unseal(sealed, previousSecretKey) ? 'previous fits' : 'none fits'
}

const readSealed = async (database: Database): Promise<Buffer | undefined> =>
  (await database.query<{ sealed: Buffer }>(READ))[0]?.sealed

/** Of instances that start at once on a new database, one makes the key and all of them read it. */
const createSealed = async (database: Database, secretKey: string): Promise<Buffer> => {
  await database.query(CREATE, [seal(randomBytes(32), secretKey)])
  const sealed = await readSealed(database)
  if (!sealed) throw new Error('the ledger key was deleted while it was being made')
  return sealed
}
