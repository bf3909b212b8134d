import type { Credentials } from '../application/authenticate.ts'
import { decodeUtf8 } from './utf8.ts'

/** A password of 128 code points, an address of 254 and the colon, in base64, with room to spare. */
const MAX_LENGTH = 2048

/**
 * Reads HTTP Basic credentials (RFC 7617): canonical base64 of UTF-8, split at the first colon, since a password
 * may contain colons and a user name may not. Returns `undefined` for everything else.
 */
export const parseBasicAuth = (header: string | undefined): Credentials | undefined => {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1]
  if (encoded === undefined || encoded.length > MAX_LENGTH) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  // Node's decoder skips what it does not understand; only what encodes back to itself was base64.
  if (bytes.toString('base64') !== encoded) return undefined

  const text = decodeUtf8(bytes)
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 0) return undefined
  return { email: text.slice(0, colon), password: text.slice(colon + 1) }
}
