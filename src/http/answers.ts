import type { FastifyReply } from 'fastify'
import type { LimitPolicy } from '../domain/budget.ts'
import { type Refused, refuse, type Violation } from '../domain/refusals.ts'
import {
  CHALLENGE,
  PROBLEM_TYPE,
  PROBLEMS,
  type ProblemCode,
  type ProblemExtras,
  problemDocument,
} from './problems.ts'

export type Answers = {
  problem: (reply: FastifyReply, code: ProblemCode, extras?: ProblemExtras) => FastifyReply
  refused: (reply: FastifyReply, refused: Refused) => FastifyReply
  /** The same, for a body that breaks rules. */
  invalid: (reply: FastifyReply, violations: readonly Violation[]) => FastifyReply
}

/** Everything that is not a success leaves through here. */
export const createAnswers = (publicUrl: string): Answers => {
  const problem: Answers['problem'] = (reply, code, extras) => {
    if (code === 'invalid_credentials') reply.header('www-authenticate', CHALLENGE)
    return reply
      .code(PROBLEMS[code].status)
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(problemDocument(code, publicUrl, reply.request.id, extras)))
  }
  const refused: Answers['refused'] = (reply, why) => {
    if ('retryAfterSeconds' in why) reply.header('retry-after', why.retryAfterSeconds)
    if (why.refusal === 'rate_limited') addRateLimit(reply, why.limit, why.retryAfterSeconds)
    return problem(reply, why.refusal, extras(why))
  }
  return {
    problem,
    refused,
    invalid: (reply, violations) => refused(reply, refuse({ refusal: 'validation_failed', violations })),
  }
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10: which limit it was, and when it lets the next one pass. */
const addRateLimit = (reply: FastifyReply, limit: LimitPolicy, retryAfterSeconds: number): void => {
  reply.header('ratelimit-policy', `"${limit.name}";q=${limit.quota};w=${limit.windowSeconds}`)
  reply.header('ratelimit', `"${limit.name}";r=0;t=${retryAfterSeconds}`)
}

const extras = (refused: Refused): ProblemExtras => {
  if (refused.refusal === 'validation_failed') return { errors: refused.violations }
  return refused.refusal === 'wrong_code' ? { attempts_left: refused.attemptsLeft } : {}
}
