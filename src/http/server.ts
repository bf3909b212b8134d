import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { ObserveRequest, TraceRequest } from '../application/request-report.ts'
import type { UseCases } from '../application/use-cases.ts'
import { Unavailable } from '../domain/refusals.ts'
import type { Languages } from './accepted-language.ts'
import { collectMethods, pathOf } from './allowed-methods.ts'
import { answerBrokenRequest } from './broken-request.ts'
import { correlationId } from './correlation-id.ts'
import { addDocs, describeApi } from './docs.ts'
import { acceptOnlyJson, RequestProblem } from './json-body.ts'
import { type Answers, createAnswers, type ProblemCode } from './problems.ts'
import { healthRoutes } from './routes/health.ts'
import { problemPages } from './routes/problem-pages.ts'
import { type HasRoomToHash, userRoutes } from './routes/users.ts'
import { type WebSettings, webPages } from './routes/web.ts'
import { securityHeaders } from './security-headers.ts'
import { traceRequests } from './trace-requests.ts'

const BODY_LIMIT = 8 * 1024
const HEADERS_LIMIT = 16 * 1024
const MOST_HEADERS = 100
/** A client that trickles its request is cut off after this long; a real one needs milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000
/** What is beyond is closed at once: a connection costs some 20 KiB even if it never says a word. */
const MOST_CONNECTIONS = 5000
/** Headers that change their meaning, or that of the request, when they come twice. */
const ONCE_ONLY = new Set(['host', 'authorization', 'content-type', 'content-length'])

export type ServerParts = {
  useCases: UseCases
  languages: Languages
  /** True from the moment on at which somebody has asked the service to stop. */
  isDraining: () => boolean
  databaseAnswers: () => Promise<boolean>
  hasRoomToHash: HasRoomToHash
  log: FastifyBaseLogger
  observeRequest: ObserveRequest
  /** Missing when there are no traces. */
  traceRequest: TraceRequest | undefined
  /** Whose `X-Forwarded-For` is believed: nobody's, everybody's, that of so many hops, or of these networks. */
  trustProxy: boolean | number | string[]
  publicUrl: string
  docs: boolean
  web: WebSettings
  version: string
}

/** Builds the HTTP server; `listen` is left to the caller. Every answer it gives is a documented one. */
export const createServer = async (parts: ServerParts): Promise<FastifyInstance> => {
  const answers = createAnswers(parts.publicUrl)
  const addCommonHeaders = commonHeaders(parts.publicUrl)
  const whenOver = noteWhenOver(parts.observeRequest)
  const server: FastifyInstance = fastify({
    loggerInstance: parts.log,
    genReqId: request => correlationId(request.headers['x-correlation-id']),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlation_id' }),
    trustProxy: trusting(parts.trustProxy),
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
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, parts),
    frameworkErrors: (error, request, reply) => {
      // A path that cannot be routed meets no hooks: what they do is done here.
      addCommonHeaders(request, reply)
      whenOver(request, reply)
      answerError(error, request, reply)
    },
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true },
    },
  })

  if (parts.traceRequest) traceRequests(server, parts.traceRequest)
  server.addHook('onRequest', async (request, reply) => whenOver(request, reply))
  acceptOnlyJson(server)
  addHeaderRules(server, answers, addCommonHeaders)
  server.addHook('onSend', async (_request, reply) => {
    // The next request on this connection should find another instance.
    if (parts.isDraining()) reply.header('connection', 'close')
  })
  server.setErrorHandler(answerError)
  // Node would answer an expectation that it does not know by itself; the header rules do it better.
  server.server.on('checkExpectation', (...exchange) => server.server.emit('request', ...exchange))

  const methodsByPath = collectMethods(server)
  server.addHook('onRequest', async (request, reply) => {
    if (request.is404) return notFound(request, reply)
  })
  await describeApi(server, parts.publicUrl, parts.version)
  if (parts.docs) await addDocs(server)
  userRoutes(server, parts.useCases, answers, parts.hasRoomToHash, parts.languages)
  healthRoutes(server, async () => !parts.isDraining() && (await parts.databaseAnswers()), answers)
  problemPages(server, answers)
  webPages(server, parts.web)

  // For a file of the documentation that is not there; everything else is refused before its body is read.
  server.setNotFoundHandler(notFound)
  server.server.maxConnections = MOST_CONNECTIONS
  return server

  function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const methods = methodsByPath(request.url)
    // A path that does answer this method is one with a wildcard, which found nothing behind it.
    if (methods.length === 0 || methods.includes(request.method)) return answers.problem(reply, 'not_found')
    return answers.problem(reply.header('allow', methods.join(', ')), 'method_not_allowed')
  }

  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const code = problemOf(error)
    if (error instanceof Unavailable) {
      request.log.warn({ err: error }, 'a dependency is unavailable')
      reply.header('retry-after', error.retryAfterSeconds)
    } else if (code === 'internal_error') request.log.error({ err: error }, 'unexpected error')
    answers.problem(reply, code)
  }
}

/**
 * Fastify believes nobody when it gets a number of hops, since it cannot tell who is at the other end of the
 * socket; whoever configures one says that only proxies can be.
 */
const trusting = (trustProxy: ServerParts['trustProxy']) =>
  typeof trustProxy === 'number' ? (_address: string, hop: number) => hop < trustProxy : trustProxy

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

const addHeaderRules = (server: FastifyInstance, answers: Answers, addCommonHeaders: AddHeaders): void => {
  server.addHook('onRequest', async (request, reply) => {
    addCommonHeaders(request, reply)
    const problem = headerProblem(request)
    if (problem) return answers.problem(reply, problem)
  })
}

type AddHeaders = (request: FastifyRequest, reply: FastifyReply) => void

const commonHeaders = (publicUrl: string): AddHeaders => {
  const securityHeadersFor = securityHeaders(publicUrl)
  return (request, reply) => {
    reply.header('x-correlation-id', request.id)
    // The route says more than the path: /%75sers/me is /users/me.
    const path = request.routeOptions.url ?? pathOf(request.url)
    reply.headers(securityHeadersFor(path))
    if (path.startsWith('/users')) reply.header('cache-control', 'no-store')
  }
}

const headerProblem = ({ raw }: FastifyRequest): ProblemCode | undefined => {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase())
  if (names.length > MOST_HEADERS) return 'headers_too_large'
  const once = names.filter(name => ONCE_ONLY.has(name))
  if (new Set(once).size < once.length) return 'duplicate_header'
  // RFC 9110 §10.1.1: there is one expectation, which Node has met already.
  if (!/^(100-continue)?$/i.test(raw.headers.expect ?? '')) return 'bad_request'
  // RFC 9112 §3.2: the router would cut a fragment off, and take the asterisk of OPTIONS for a path.
  if (raw.url?.includes('#')) return 'bad_request'
  if (raw.url === '*') return 'not_found'
  // RFC 9112 §6.1: the only coding there is, and only since HTTP/1.1.
  const coding = raw.headers['transfer-encoding']
  if (coding !== undefined && (raw.httpVersion !== '1.1' || !/^chunked$/i.test(coding))) return 'bad_request'
  // RFC 9112 §3.2: every request of HTTP/1.1 names its host.
  if (raw.httpVersion === '1.1') return once.includes('host') ? undefined : 'bad_request'
  return raw.httpVersion === '1.0' ? undefined : 'bad_request'
}

/**
 * One line per request, and one observation, also when its client went before the answer came: then there is no status. Its path only
 * as the route it met: what was typed into an address may be a secret.
 */
const noteWhenOver =
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
