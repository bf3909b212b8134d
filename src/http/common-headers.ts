import type { FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from './allowed-methods.ts'
import { securityHeaders } from './security-headers.ts'

/** Adds what every answer has. */
export type AddHeaders = (request: FastifyRequest, reply: FastifyReply) => void

export const commonHeaders = (publicUrl: string): AddHeaders => {
  const securityHeadersFor = securityHeaders(publicUrl)
  return (request, reply) => {
    reply.header('x-correlation-id', request.id)
    // The route says more than the path: /%75sers/me is /users/me.
    const path = request.routeOptions.url ?? pathOf(request.url)
    reply.headers(securityHeadersFor(path))
    if (path.startsWith('/users')) reply.header('cache-control', 'no-store')
  }
}
