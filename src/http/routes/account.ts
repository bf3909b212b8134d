import type { FastifyInstance } from 'fastify'
import { callerOf } from '../caller.ts'
import { NOT_NOW, problemResponses } from '../problem-schemas.ts'
import { OwnAccount, PendingCode } from '../schemas.ts'
import { BASIC, type PreparedParts } from './user-route-parts.ts'

/** `GET /users/me` and `GET /users/me/code`: what somebody may know of the own account. */
export const accountRoutes = (server: FastifyInstance, parts: PreparedParts): void => {
  const { useCases, answers, tags, shed, withCredentials } = parts

  server.get('/users/me', {
    onRequest: shed('first'),
    schema: {
      operationId: 'account',
      summary: 'Show the own account',
      description:
        'Also while it waits for its code: `is_active` tells. For whoever asks whether a password is right.',
      tags,
      security: BASIC,
      response: { 200: OwnAccount, ...problemResponses('invalid_credentials', ...NOT_NOW) },
    },
    handler: withCredentials(async (credentials, request, reply) => {
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
    }),
  })

  server.get('/users/me/code', {
    onRequest: shed('first'),
    schema: {
      operationId: 'codeStatus',
      summary: 'Show how the own code is doing',
      description: 'For forms that count down the minute. The digits are in the mail, and nowhere else.',
      tags,
      security: BASIC,
      response: {
        200: PendingCode,
        ...problemResponses('invalid_credentials', 'already_active', ...NOT_NOW),
      },
    },
    handler: withCredentials(async (credentials, request, reply) => {
      const looked = await useCases.lookAtCode(credentials, callerOf(request, reply))
      if (!looked.ok) return answers.refused(reply, looked)
      const { length, attemptsLeft, expiresInSeconds, resendInSeconds } = looked.code
      return reply.send({
        length,
        attempts_left: attemptsLeft,
        expires_in: expiresInSeconds ?? null,
        resend_in: resendInSeconds,
      })
    }),
  })
}
