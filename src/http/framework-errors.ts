import { Unavailable } from '../domain/refusals.ts'
import { RequestProblem } from './json-body.ts'
import type { ProblemCode } from './problems.ts'

/** Fastify's own errors, by what the contract calls them. */
const FRAMEWORK_ERRORS: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
}

/** What the contract calls something that was thrown. What nobody knows is a bug of ours. */
export const problemOf = (error: unknown): ProblemCode => {
  if (error instanceof RequestProblem) return error.code
  if (error instanceof Unavailable) return 'unavailable'
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  const known = code === undefined ? undefined : FRAMEWORK_ERRORS[code]
  if (known) return known
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? 'bad_request' : 'internal_error'
}
