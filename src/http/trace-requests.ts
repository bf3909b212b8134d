import type { FastifyInstance } from 'fastify'
import type { TraceRequest } from '../application/request-report.ts'

/** Asked every few seconds by whatever watches the service. */
const NOT_WORTH_A_TRACE = '/health/'

/** Makes each request a trace, or a part of its caller's, under whose id its lines stand in the log. */
export const traceRequests = (server: FastifyInstance, traceRequest: TraceRequest): void => {
  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url
    if (route?.startsWith(NOT_WORTH_A_TRACE)) return done()
    const { traceparent } = request.headers
    const trace = traceRequest({
      method: request.method,
      route,
      correlationId: request.id,
      traceParent: typeof traceparent === 'string' ? traceparent : undefined,
    })
    request.log = request.log.child({ trace_id: trace.traceId })
    reply.log = request.log
    reply.raw.once('close', () => trace.end(reply.raw.writableFinished ? reply.statusCode : undefined))
    // All that follows is part of it; Fastify itself sees to what follows the body, which comes in events of the socket.
    trace.within(done)
  })
}
