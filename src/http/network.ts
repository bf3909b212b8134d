import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'

/** What a request without a readable address counts against: all of them share one budget. */
const UNKNOWN = 'unknown'

/** The network that a request is counted against. `request.ip` follows `X-Forwarded-For` only where it is trusted. */
export const networkOfRequest = (request: FastifyRequest): string =>
  networkOf(request.ip) ?? networkOf(request.socket.remoteAddress ?? '') ?? UNKNOWN

/**
 * The network of an address in CIDR notation: IPv4 /24, IPv6 /64, which is what one household or one machine
 * usually has to itself. An IPv4-mapped IPv6 address counts as the IPv4 address that it is. `undefined` for what
 * is no address; some proxies add a port, which does not matter.
 */
export const networkOf = (text: string): string | undefined => {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  // Not what the package takes for IPv4 beside four decimal parts: 1, 127.1, 0x7f.1.
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined
  const address = ipaddr.process(bare)
  if (address instanceof ipaddr.IPv4) return `${address.octets.slice(0, 3).join('.')}.0/24`
  const prefix = address.parts.slice(0, 4).map(part => part.toString(16))
  return `${prefix.join(':')}::/64`
}
