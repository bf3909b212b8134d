import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ProblemCode } from './problems.ts'
import { decodeUtf8 } from './utf8.ts'

/** A request that was refused before it reached a route; the error handler answers with its code. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem'
  readonly code: ProblemCode
  constructor(code: ProblemCode) {
    super(code)
    this.code = code
  }
}

/**
 * Takes one media type, strictly: application/json in UTF-8, not compressed, holding one object that does not
 * try to reach a prototype. An empty body is passed on as `undefined`; the routes know whether they need one.
 */
export const acceptOnlyJson = (server: FastifyInstance): void => {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (!isPlainUtf8(request)) return done(new RequestProblem('unsupported_media_type'))
    if (body.length === 0) return done(null, undefined)
    const text = decodeUtf8(body)
    if (text === undefined) return done(new RequestProblem('malformed_body'))
    parse(request, text, (error: Error | null, value?: unknown) => {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      if (error || !isObject) done(new RequestProblem('malformed_body'))
      else done(null, value)
    })
  })
}

const isPlainUtf8 = ({ headers }: FastifyRequest): boolean =>
  /^application\/json[ \t]*(;[ \t]*(charset="?utf-8"?[ \t]*)?)?$/i.test(headers['content-type'] ?? '') &&
  /^(identity)?$/i.test(headers['content-encoding'] ?? '')
