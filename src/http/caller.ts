import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../application/caller.ts'
import { networkOfRequest } from './network.ts'

/** Where a request comes from, and a signal that is aborted when nobody waits for its answer any more. */
export const callerOf = (request: FastifyRequest, reply: FastifyReply): Caller => ({
  network: networkOfRequest(request),
  correlationId: request.id,
  gone: goneSignal(reply),
})

/** Fastify's own `request.signal` is aborted as soon as the body has been read, not when the client goes. */
const goneSignal = ({ raw }: FastifyReply): AbortSignal => {
  const gone = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort()
  })
  return gone.signal
}
