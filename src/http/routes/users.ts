import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../application/audit.ts'
import type { UseCases } from '../../application/use-cases.ts'
import { overloaded, refuse, type Violation } from '../../domain/refusals.ts'
import { judgeRegistration } from '../../domain/registration.ts'
import { acceptedLanguage, type Languages } from '../accepted-language.ts'
import { parseBasicAuth } from '../basic-auth.ts'
import { networkOfRequest } from '../network.ts'
import type { Answers } from '../problems.ts'
import {
  Activated,
  ActivationBody,
  CodeSent,
  OwnAccount,
  PendingCode,
  problemResponses,
  RegisteredUser,
  RegistrationBody,
  RegistrationHeaders,
  RegistrationTaken,
} from '../schemas.ts'
import { shapeViolations, unknownFields } from '../violations.ts'

const BASIC = [{ basic: [] }]
const TAGS = ['users']
/** What a body can be refused for, and what can make any request come at the wrong time. */
const BAD_BODY = ['malformed_body', 'body_too_large', 'unsupported_media_type', 'validation_failed'] as const
const NOT_NOW = ['rate_limited', 'overloaded', 'unavailable'] as const

/**
 * False while a password would be refused for want of time anyway. Logins and activations come `first`,
 * registrations `later`.
 */
export type HasRoomToHash = (urgency: 'first' | 'later') => boolean

export const userRoutes = (
  server: FastifyInstance,
  useCases: UseCases,
  answers: Answers,
  hasRoomToHash: HasRoomToHash,
  languages: Languages,
): void => {
  const { registerQuietly } = useCases
  /** Sheds a request before its body is read: under overload, most of the work is to say no. */
  const shed = (urgency: 'first' | 'later') => async (_request: FastifyRequest, reply: FastifyReply) => {
    if (!hasRoomToHash(urgency)) return answers.refused(reply, overloaded())
  }
  server.post('/users', {
    onRequest: shed('later'),
    attachValidation: true,
    schema: {
      operationId: 'register',
      summary: 'Register',
      description: registerQuietly
        ? 'Creates a pending account and mails an activation code to its address. The answer is the same, after the same time, for an address that has an account; its owner gets a mail that says so.'
        : 'Creates a pending account and mails an activation code to its address.',
      tags: TAGS,
      headers: RegistrationHeaders,
      body: RegistrationBody,
      response: {
        ...(registerQuietly
          ? { 202: RegistrationTaken, ...problemResponses(...BAD_BODY, ...NOT_NOW) }
          : { 201: RegisteredUser, ...problemResponses('email_taken', ...BAD_BODY, ...NOT_NOW) }),
      },
    },
    handler: async (request, reply) => {
      if (request.body === undefined) return answers.problem(reply, 'malformed_body')
      const { email, password, locale } = request.body as Partial<Record<string, unknown>>
      const broken = shapeOf(request)
      if (broken.length > 0) {
        const judged = judgeRegistration({ email: textOrNothing(email), password: textOrNothing(password) })
        const violations = judged.ok ? broken : [...broken, ...judged.violations]
        return answers.refused(reply, refuse({ refusal: 'validation_failed', violations }))
      }
      const input = {
        email: String(email),
        password: String(password),
        locale: textOrNothing(locale) ?? acceptedLanguage(request, languages),
        caller: callerOf(request, reply),
      }
      if (registerQuietly) {
        const taken = await registerQuietly(input)
        if (!taken.ok) return answers.refused(reply, taken)
        return reply.code(202).send({ message: 'Look into your mail' })
      }
      const registered = await useCases.register(input)
      if (!registered.ok) return answers.refused(reply, registered)
      const { id, email: canonical } = registered.user
      return reply.code(201).send({ id, email: canonical, is_active: false })
    },
  })

  server.post('/users/activate', {
    onRequest: shed('first'),
    attachValidation: true,
    schema: {
      operationId: 'activate',
      summary: 'Activate',
      description: 'Verifies the address with the code that was mailed to it, within its minute.',
      tags: TAGS,
      security: BASIC,
      body: ActivationBody,
      response: {
        200: Activated,
        ...problemResponses(
          'invalid_credentials',
          'already_active',
          'wrong_code',
          'expired_code',
          'exhausted_code',
          ...BAD_BODY,
          ...NOT_NOW,
        ),
      },
    },
    handler: async (request, reply) => {
      const credentials = parseBasicAuth(request.headers.authorization)
      if (!credentials) return answers.problem(reply, 'invalid_credentials')
      if (request.body === undefined) return answers.problem(reply, 'malformed_body')
      const violations = shapeOf(request)
      if (violations.length > 0) {
        return answers.refused(reply, refuse({ refusal: 'validation_failed', violations }))
      }
      const { code } = request.body as { code: string }
      const activated = await useCases.activate({ credentials, code, caller: callerOf(request, reply) })
      if (!activated.ok) return answers.refused(reply, activated)
      return reply.send({ message: 'Account activated successfully' })
    },
  })

  server.post('/users/resend-code', {
    onRequest: shed('first'),
    schema: {
      operationId: 'resendCode',
      summary: 'Send a new code',
      description:
        'Mails a new code to a pending account. The code before it is dead from then on. Needs no body.',
      tags: TAGS,
      security: BASIC,
      response: {
        202: CodeSent,
        ...problemResponses('invalid_credentials', 'already_active', ...BAD_BODY, ...NOT_NOW),
      },
    },
    handler: async (request, reply) => {
      const credentials = parseBasicAuth(request.headers.authorization)
      if (!credentials) return answers.problem(reply, 'invalid_credentials')
      const violations = unknownFields(request.body)
      if (violations.length > 0) {
        return answers.refused(reply, refuse({ refusal: 'validation_failed', violations }))
      }
      const sent = await useCases.resend({ credentials, caller: callerOf(request, reply) })
      if (!sent.ok) return answers.refused(reply, sent)
      return reply
        .code(202)
        .send({ message: 'A new code is on its way', retry_after: sent.retryAfterSeconds })
    },
  })

  server.get('/users/me', {
    onRequest: shed('first'),
    schema: {
      operationId: 'me',
      summary: 'Show the own account',
      tags: TAGS,
      security: BASIC,
      response: {
        200: OwnAccount,
        ...problemResponses('invalid_credentials', ...NOT_NOW),
      },
    },
    handler: me,
  })

  server.get('/users/me/code', {
    onRequest: shed('first'),
    schema: {
      operationId: 'code',
      summary: 'Show how the own code is doing',
      description: 'For forms that count down the minute. The digits are in the mail, and nowhere else.',
      tags: TAGS,
      security: BASIC,
      response: {
        200: PendingCode,
        ...problemResponses('invalid_credentials', 'already_active', ...NOT_NOW),
      },
    },
    handler: async (request, reply) => {
      const credentials = parseBasicAuth(request.headers.authorization)
      if (!credentials) return answers.problem(reply, 'invalid_credentials')
      const looked = await useCases.lookAtCode(credentials, callerOf(request, reply))
      if (!looked.ok) return answers.refused(reply, looked)
      const { length, attemptsLeft, expiresInSeconds, resendInSeconds } = looked.code
      return reply.send({
        length,
        attempts_left: attemptsLeft,
        expires_in: expiresInSeconds ?? null,
        resend_in: resendInSeconds,
      })
    },
  })

  async function me(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const credentials = parseBasicAuth(request.headers.authorization)
    if (!credentials) return answers.problem(reply, 'invalid_credentials')
    const authenticated = await useCases.authenticate(credentials, callerOf(request, reply))
    if (!authenticated.ok) return answers.refused(reply, authenticated)
    const { id, email, createdAt, activatedAt } = authenticated.user
    return reply.send({
      id,
      email,
      is_active: activatedAt !== null,
      created_at: createdAt.toISOString(),
      activated_at: activatedAt?.toISOString() ?? null,
    })
  }
}

const callerOf = (request: FastifyRequest, reply: FastifyReply): Caller => ({
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

const shapeOf = (request: FastifyRequest): Violation[] =>
  shapeViolations(request.validationError?.validation ?? [])

const textOrNothing = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
