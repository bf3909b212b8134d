import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { ObserveRequest } from '../application/request-report.ts'
import { correlationId } from './correlation-id.ts'
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode, problemDocument } from './problems.ts'
import { securityHeaders } from './security-headers.ts'

/** How long a client may take to read the answer and close its side. */
const LINGER_MS = 1000

const CODES: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/**
 * Answers what could not be parsed, or did not arrive in time. It has no request, so the answer is written to
 * the socket as it is, and the connection closed.
 */
export const answerBrokenRequest = (
  error: Error & { code?: string },
  socket: Socket & { _httpMessage?: ServerResponse | null },
  context: { publicUrl: string; log: FastifyBaseLogger; observeRequest: ObserveRequest },
): void => {
  if (!socket.writable || error.code === 'ECONNRESET' || isBusy(socket._httpMessage)) {
    return void socket.destroy()
  }
  const code = CODES[error.code ?? ''] ?? 'bad_request'
  const { status, title } = PROBLEMS[code]
  const id = correlationId(undefined)
  const body = JSON.stringify(problemDocument(code, context.publicUrl, id))
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Correlation-Id: ${id}`,
    'Cache-Control: no-store',
    ...Object.entries(securityHeaders(context.publicUrl)('/')).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // Closing with bytes unread would reset the connection, and take the answer along.
  socket.setTimeout(LINGER_MS, () => socket.destroy())
  context.observeRequest({ method: undefined, route: undefined, status, seconds: 0 })
  context.log.info({ correlation_id: id, method: null, route: null, status }, 'request')
}

/**
 * True while an answer to an earlier request of the connection is due or has begun: the client would take this
 * one for it. Node's own handler looks at the same property.
 */
const isBusy = (response: ServerResponse | null | undefined): boolean =>
  response != null && (response.req.complete || response.headersSent)
