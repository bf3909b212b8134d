import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'

export type Keyring = {
  /** A fresh code id: the name of the current key, a dot, 128 random bits. */
  newCodeId: () => string
  deriveCode: (codeId: string, length: number) => string | undefined
}

/**
 * Everything that is derived from `SECRET_KEY`. A code id names its key, so that after a rotation each code in
 * flight still has exactly one derivation: accepting the codes of two keys would double a guesser's chance.
 */
export const createKeyring = (secretKey: string, previousSecretKey?: string): Keyring => {
  const keys = new Map<string, KeyObject>()
  const add = (secret: string): string => {
    const key = createSecretKey(secret, 'utf8')
    const name = hmac(key, 'name:').toString('base64url').slice(0, 8)
    keys.set(name, key)
    return name
  }
  if (previousSecretKey !== undefined) add(previousSecretKey)
  const current = add(secretKey)

  return {
    newCodeId: () => `${current}.${randomBytes(16).toString('base64url')}`,
    deriveCode: (codeId, length) => {
      const key = keys.get(codeId.slice(0, codeId.indexOf('.')))
      return key && digits(hmac(key, codeId), length)
    },
  }
}

/** The keyed hash under which the ledger knows a canonical address. */
export const addressHash = (ledgerKey: Buffer): ((email: string) => Buffer) => {
  const key = createSecretKey(ledgerKey)
  return email => hmac(key, email)
}

/** With a key that is made once: from a bare buffer, Node.js makes one for each call, which takes four times as long. */
const hmac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The first 64 bits modulo 10^length: for 8 digits the bias is 10⁸/2⁶⁴, about 5·10⁻¹². */
const digits = (mac: Buffer, length: number): string =>
  (mac.readBigUInt64BE(0) % 10n ** BigInt(length)).toString().padStart(length, '0')

/** Compares two codes in constant time. Their lengths may differ and are no secret: the mail shows its own. */
export const sameCode = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
