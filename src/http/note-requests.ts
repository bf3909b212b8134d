import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ObserveRequest } from '../application/request-report.ts'

/**
 * Notes a request when it is over: one line in the log and one observation, also when its client went before the
 * answer came; then there is no status. Its path only as the route it met: what was typed into an address may be a
 * secret.
 */
export const noteWhenOver =
  (observe: ObserveRequest) =>
  (request: FastifyRequest, reply: FastifyReply): void => {
    reply.raw.once('close', () => {
      const answered = reply.raw.writableFinished
      observe({
        method: request.method,
        route: request.routeOptions.url,
        status: answered ? reply.statusCode : undefined,
        seconds: reply.elapsedTime / 1000,
      })
      const fields = {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: answered ? reply.statusCode : null,
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      }
      request.log.info(fields, answered ? 'request' : 'request given up by its client')
    })
  }
