import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Credentials } from '../../application/authenticate.ts'
import type { UseCases } from '../../application/use-cases.ts'
import type { Languages } from '../accepted-language.ts'
import type { Answers } from '../answers.ts'
import { parseBasicAuth } from '../basic-auth.ts'
import { type HasRoomToHash, shedding } from '../shedding.ts'

export type UserRouteParts = {
  useCases: UseCases
  answers: Answers
  hasRoomToHash: HasRoomToHash
  languages: Languages
}

/** What every route below `/users` is made with. */
export type PreparedParts = UserRouteParts & {
  tags: string[]
  shed: ReturnType<typeof shedding>
  /** The handler of a route that is for somebody with an account. */
  withCredentials: (handle: HandleCredentials) => Handle
}

type Handle = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>
type HandleCredentials = (
  credentials: Credentials,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>

/** How OpenAPI says that a route takes HTTP Basic. */
export const BASIC = [{ basic: [] }]

export const prepareUserRoutes = (parts: UserRouteParts): PreparedParts => ({
  ...parts,
  tags: ['users'],
  shed: shedding(parts.answers, parts.hasRoomToHash),
  withCredentials: handle => async (request, reply) => {
    const credentials = parseBasicAuth(request.headers.authorization)
    if (!credentials) return parts.answers.problem(reply, 'invalid_credentials')
    return handle(credentials, request, reply)
  },
})
