import { generateKeyPairSync, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

/** PEM, as Node's TLS takes them. */
export type Certificate = { cert: string; key: string }

const MINUTE_MS = 60_000

/**
 * Makes a certificate that signs itself, so that whoever is given it as a `ca` trusts it and nobody else does:
 * RFC 5280 §4.1, with just the fields that are asked for. `names` are host names and IPv4 addresses.
 */
export const selfSigned = (names: string[], validForMs = 60 * MINUTE_MS): Certificate => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const name = sequence(set(sequence(COMMON_NAME, utf8('Vestibule tests'))))
  const now = Date.now()
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(1),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(now - 2 * MINUTE_MS), time(now + validForMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(sequence(SUBJECT_ALT_NAME, octets(sequence(...names.map(alternativeName)))))),
  )
  const signature = tagged(0x03, Buffer.of(0), sign('sha256', body, privateKey))
  return {
    cert: pem(sequence(body, ECDSA_WITH_SHA256, signature)),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}

/** One value in DER (X.690 §8.1): its tag, its length, what it holds. */
const tagged = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, ...parts)
const set = (...parts: Buffer[]): Buffer => tagged(0x31, ...parts)
const octets = (content: Buffer): Buffer => tagged(0x04, content)
const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text))
const identifier = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'))

/** From 0 to 127. */
const integer = (value: number): Buffer => tagged(0x02, Buffer.of(value))

/** UTCTime: the year has two digits. */
const time = (ms: number): Buffer => {
  const digits = new Date(ms).toISOString().replace(/\D/g, '')
  return tagged(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}

const alternativeName = (name: string): Buffer =>
  isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name))

const pem = (der: Buffer): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

const COMMON_NAME = identifier('550403')
const SUBJECT_ALT_NAME = identifier('551d11')
const ECDSA_WITH_SHA256 = sequence(identifier('2a8648ce3d040302'))
