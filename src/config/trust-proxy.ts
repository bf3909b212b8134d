import { isIP } from 'node:net'
import type { Reader } from './reader.ts'

/** Whose `X-Forwarded-For` is believed: nobody's, everybody's, that of so many hops, or of these networks. */
export const readTrustProxy = (read: Reader): boolean | number | string[] => {
  const value = read.text('TRUST_PROXY') ?? 'false'
  if (value === 'true' || value === 'false') return value === 'true'
  if (/^\d{1,2}$/.test(value)) return Number(value)
  const networks = value.split(',').map(network => network.trim())
  if (!networks.every(isNetwork)) {
    read.problem(
      'TRUST_PROXY',
      'must be true, false, the number of proxies in front, or their addresses (10.0.0.0/8,fd00::/8)',
    )
  }
  return networks
}

const isNetwork = (text: string): boolean => {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const bits = { 4: 32, 6: 128 }[isIP(address)] ?? -1
  return bits > 0 && (prefix === undefined || (Number(prefix) > 0 && Number(prefix) <= bits))
}
