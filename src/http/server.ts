import type { Socket } from 'node:net'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { Unavailable } from '../domain/refusals.ts'
import { correlationId } from './correlation-id.ts'
import { addDocs } from './docs.ts'
import { acceptOnlyJson, RequestProblem } from './json-body.ts'
import {
  type Answers,
  createAnswers,
  PROBLEM_TYPE,
  PROBLEMS,
  type ProblemCode,
  problemDocument,
} from './problems.ts'
import { healthRoutes, type IsReady } from './routes/health.ts'
import { problemPages } from './routes/problem-pages.ts'
import { type UseCases, userRoutes } from './routes/users.ts'

const BODY_LIMIT = 8 * 1024
const HEADERS_LIMIT = 16 * 1024
const MOST_HEADERS = 100
/** A client that trickles its request is cut off after this long; a real one needs milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000
/** Headers that change their meaning, or that of the request, when they come twice. */
const ONCE_ONLY = new Set(['host', 'authorization', 'content-type', 'content-length'])

export type ServerParts = {
  useCases: UseCases
  isReady: IsReady
  log: FastifyBaseLogger
  publicUrl: string
  docs: boolean
  version: string
}

/** Builds the HTTP server; `listen` is left to the caller. Every answer it gives is a documented one. */
export const createServer = async (parts: ServerParts): Promise<FastifyInstance> => {
  const answers = createAnswers(parts.publicUrl)
  const server: FastifyInstance = fastify({
    loggerInstance: parts.log,
    genReqId: request => correlationId(request.headers['x-correlation-id']),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlation_id' }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    // The service answers for itself what Node would answer with a bare status line.
    http: {
      maxHeaderSize: HEADERS_LIMIT,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1000,
      requireHostHeader: false,
    },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, parts.publicUrl),
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true },
    },
  })

  acceptOnlyJson(server)
  addHeaderRules(server, answers)
  addRequestLog(server)
  server.setErrorHandler(answerError)
  refuseUnmetExpectations(server, parts.publicUrl)

  const methodsByPath = collectMethods(server)
  if (parts.docs) await addDocs(server, parts.publicUrl, parts.version)
  userRoutes(server, parts.useCases, answers)
  healthRoutes(server, parts.isReady, answers)
  problemPages(server, answers)
  if (parts.docs) server.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'))

  server.setNotFoundHandler((request, reply) => {
    const methods = methodsByPath(request.url)
    if (methods.length === 0) return answers.problem(reply, 'not_found')
    return answers.problem(reply.header('allow', methods.join(', ')), 'method_not_allowed')
  })
  return server

  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const code = problemOf(error)
    if (error instanceof Unavailable) {
      request.log.warn({ err: error }, 'a dependency is unavailable')
      reply.header('retry-after', error.retryAfterSeconds)
    } else if (code === 'internal_error') request.log.error({ err: error }, 'unexpected error')
    answers.problem(reply, code)
  }
}

/** Fastify's own errors, by what the contract calls them. */
const FRAMEWORK_ERRORS: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
}

const problemOf = (error: unknown): ProblemCode => {
  if (error instanceof RequestProblem) return error.code
  if (error instanceof Unavailable) return 'unavailable'
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  const known = code === undefined ? undefined : FRAMEWORK_ERRORS[code]
  if (known) return known
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? 'bad_request' : 'internal_error'
}

const addHeaderRules = (server: FastifyInstance, answers: Answers): void => {
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-correlation-id', request.id)
    if (request.url.startsWith('/users')) reply.header('cache-control', 'no-store')
    const problem = headerProblem(request)
    if (problem) return answers.problem(reply, problem)
  })
}

const headerProblem = ({ raw }: FastifyRequest): ProblemCode | undefined => {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase())
  if (names.length > MOST_HEADERS) return 'headers_too_large'
  const once = names.filter(name => ONCE_ONLY.has(name))
  if (new Set(once).size < once.length) return 'duplicate_header'
  // RFC 9112 §3.2: every request of HTTP/1.1 names its host.
  return raw.httpVersion === '1.1' && !once.includes('host') ? 'bad_request' : undefined
}

/** One line per request. Its path only as the route it met: what was typed into an address may be a secret. */
const addRequestLog = (server: FastifyInstance): void => {
  server.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const fields = {
      method,
      route: routeOptions.url ?? null,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    }
    request.log.info(fields, 'request')
  })
}

/** RFC 9110 §10.1.1: `100-continue` is the only expectation there is; Node answers it by itself. */
const refuseUnmetExpectations = (server: FastifyInstance, publicUrl: string): void => {
  server.server.on('checkExpectation', (request, response) => {
    const id = correlationId(request.headers['x-correlation-id'])
    response.writeHead(PROBLEMS.bad_request.status, {
      'content-type': PROBLEM_TYPE,
      'x-correlation-id': id,
      connection: 'close',
    })
    response.end(problemDocument('bad_request', publicUrl, id))
  })
}

/** What could not even be parsed has no request to answer; the answer is written to the socket as it is. */
const answerBrokenRequest = (error: Error & { code?: string }, socket: Socket, publicUrl: string): void => {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const codes: Record<string, ProblemCode> = {
    HPE_HEADER_OVERFLOW: 'headers_too_large',
    ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  }
  const code = codes[error.code ?? ''] ?? 'bad_request'
  const id = correlationId(undefined)
  const body = problemDocument(code, publicUrl, id)
  const head = [
    `HTTP/1.1 ${PROBLEMS[code].status} ${PROBLEMS[code].title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Correlation-Id: ${id}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Remembers which methods each path answers, for `Allow`. */
const collectMethods = (server: FastifyInstance): ((url: string) => string[]) => {
  const routes: { path: RegExp; methods: string[] }[] = []
  server.addHook('onRoute', ({ url, method }) => {
    const path = url
      .replaceAll(/[.\\^$+?()[\]{}|]/g, '\\$&')
      .replaceAll(/:\w+/g, '[^/]+')
      .replaceAll('*', '.*')
    routes.push({ path: new RegExp(`^${path}$`), methods: [method].flat() })
  })
  return url => {
    const path = url.split('?', 1)[0] ?? ''
    return [...new Set(routes.filter(route => route.path.test(path)).flatMap(route => route.methods))]
  }
}
