import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { networkOfRequest } from './network.ts'

describe('networkOfRequest', () => {
  const requests: [what: string, ip: string, remoteAddress: string | undefined, network: string][] = [
    ['its address', '192.0.2.17', '198.51.100.1', '192.0.2.0/24'],
    ['its socket, when a proxy passes on no address', 'hidden', '198.51.100.1', '198.51.100.0/24'],
    [
      'its socket, when there is something before brackets',
      'x[192.0.2.17]',
      '198.51.100.1',
      '198.51.100.0/24',
    ],
    ['its socket, when there is something behind', '[192.0.2.17]:80 x', '198.51.100.1', '198.51.100.0/24'],
    ['nobody in particular, when neither is an address', 'hidden', 'pipe', 'unknown'],
    ['nobody in particular, when the socket is gone', 'hidden', undefined, 'unknown'],
  ]
  for (const [what, ip, remoteAddress, network] of requests) {
    it(`is that of ${what}`, () => {
      assert.equal(networkOfRequest({ ip, socket: { remoteAddress } } as FastifyRequest), network)
    })
  }
})
