import type { Server } from 'node:http'
import fastify, {
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { ObserveRequest, TraceRequest } from '../application/request-report.ts'
import type { UseCases } from '../application/use-cases.ts'
import { Unavailable } from '../domain/refusals.ts'
import type { Languages } from './accepted-language.ts'
import { collectMethods } from './allowed-methods.ts'
import { type Answers, createAnswers } from './answers.ts'
import { answerBrokenRequest } from './broken-request.ts'
import { commonHeaders } from './common-headers.ts'
import { correlationId } from './correlation-id.ts'
import { addDocs, describeApi } from './docs.ts'
import { problemOf } from './framework-errors.ts'
import { headerProblem } from './header-rules.ts'
import { acceptOnlyJson } from './json-body.ts'
import { noteWhenOver } from './note-requests.ts'
import { healthRoutes } from './routes/health.ts'
import { problemPages } from './routes/problem-pages.ts'
import { userRoutes } from './routes/users.ts'
import { type WebSettings, webPages } from './routes/web.ts'
import type { HasRoomToHash } from './shedding.ts'
import { traceRequests } from './trace-requests.ts'

const BODY_LIMIT = 8 * 1024
const HEADERS_LIMIT = 16 * 1024
/** A client that trickles its request is cut off after this long; a real one needs milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000
/** What is beyond is closed at once: a connection costs some 20 KiB even if it never says a word. */
const MOST_CONNECTIONS = 5000

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
  const answerError = answeringErrors(answers)
  const server: FastifyInstance = fastify({
    ...settings(parts),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, parts),
    frameworkErrors: (error, request, reply) => {
      // A path that cannot be routed meets no hooks: what they do is done here.
      addCommonHeaders(request, reply)
      whenOver(request, reply)
      answerError(error, request, reply)
    },
  })

  if (parts.traceRequest) traceRequests(server, parts.traceRequest)
  acceptOnlyJson(server)
  const notFound = answeringNotFound(answers, collectMethods(server))
  server.addHook('onRequest', async (request, reply) => {
    whenOver(request, reply)
    addCommonHeaders(request, reply)
    const problem = headerProblem(request)
    if (problem) return answers.problem(reply, problem)
    if (request.is404) return notFound(request, reply)
  })
  server.addHook('onSend', async (_request, reply) => {
    // The next request on this connection should find another instance.
    if (parts.isDraining()) reply.header('connection', 'close')
  })
  server.setErrorHandler(answerError)
  // For a file of the documentation that is not there; everything else is refused before its body is read.
  server.setNotFoundHandler(notFound)
  // Node would answer an expectation that it does not know by itself; the header rules do it better.
  server.server.on('checkExpectation', (...exchange) => server.server.emit('request', ...exchange))
  server.server.maxConnections = MOST_CONNECTIONS

  await addRoutes(server, parts, answers)
  return server
}

const settings = ({ log, trustProxy }: ServerParts): FastifyHttpOptions<Server, FastifyBaseLogger> => ({
  loggerInstance: log,
  genReqId: request => correlationId(request.headers['x-correlation-id']),
  logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlation_id' }),
  trustProxy: trusting(trustProxy),
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
  ajv: {
    customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true },
  },
})

/**
 * Fastify believes nobody when it gets a number of hops, since it cannot tell who is at the other end of the
 * socket; whoever configures one says that only proxies can be.
 */
const trusting = (trustProxy: ServerParts['trustProxy']) =>
  typeof trustProxy === 'number' ? (_address: string, hop: number) => hop < trustProxy : trustProxy

const addRoutes = async (server: FastifyInstance, parts: ServerParts, answers: Answers): Promise<void> => {
  await describeApi(server, parts.publicUrl, parts.version)
  if (parts.docs) await addDocs(server)
  userRoutes(server, { ...parts, answers })
  healthRoutes(server, async () => !parts.isDraining() && (await parts.databaseAnswers()), answers)
  problemPages(server, answers)
  webPages(server, parts.web)
}

const answeringNotFound =
  (answers: Answers, methodsByPath: (url: string) => string[]) =>
  (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const methods = methodsByPath(request.url)
    // A path that does answer this method is one with a wildcard, which found nothing behind it.
    if (methods.length === 0 || methods.includes(request.method)) return answers.problem(reply, 'not_found')
    return answers.problem(reply.header('allow', methods.join(', ')), 'method_not_allowed')
  }

const answeringErrors =
  (answers: Answers) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const code = problemOf(error)
    if (error instanceof Unavailable) {
      request.log.warn({ err: error }, 'a dependency is unavailable')
      reply.header('retry-after', error.retryAfterSeconds)
    } else if (code === 'internal_error') request.log.error({ err: error }, 'unexpected error')
    answers.problem(reply, code)
  }
