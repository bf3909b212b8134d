import type { FastifyInstance } from 'fastify'
import { callerOf } from '../caller.ts'
import { BAD_BODY, NOT_NOW, problemResponses } from '../problem-schemas.ts'
import { Activated, ActivationBody, CodeSent } from '../schemas.ts'
import { shapeOf, unknownFields } from '../violations.ts'
import { BASIC, type PreparedParts } from './user-route-parts.ts'

/** `POST /users/activate` and `POST /users/resend-code`: what a pending account does with its code. */
export const codeRoutes = (server: FastifyInstance, parts: PreparedParts): void => {
  const { useCases, answers, tags, shed, withCredentials } = parts

  server.post('/users/activate', {
    onRequest: shed('first'),
    attachValidation: true,
    schema: {
      operationId: 'activate',
      summary: 'Activate',
      description: 'Verifies the address with the code that was mailed to it, within its minute.',
      tags,
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
    handler: withCredentials(async (credentials, request, reply) => {
      if (request.body === undefined) return answers.problem(reply, 'malformed_body')
      const violations = shapeOf(request)
      if (violations.length > 0) return answers.invalid(reply, violations)
      const { code } = request.body as { code: string }
      const activated = await useCases.activate({ credentials, code, caller: callerOf(request, reply) })
      if (!activated.ok) return answers.refused(reply, activated)
      return reply.send({ message: 'Account activated successfully' })
    }),
  })

  server.post('/users/resend-code', {
    onRequest: shed('first'),
    schema: {
      operationId: 'resendCode',
      summary: 'Send a new code',
      description:
        'Mails a new code to a pending account. The code before it is dead from then on. Needs no body.',
      tags,
      security: BASIC,
      response: {
        202: CodeSent,
        ...problemResponses('invalid_credentials', 'already_active', ...BAD_BODY, ...NOT_NOW),
      },
    },
    handler: withCredentials(async (credentials, request, reply) => {
      const violations = unknownFields(request.body)
      if (violations.length > 0) return answers.invalid(reply, violations)
      const sent = await useCases.resend({ credentials, caller: callerOf(request, reply) })
      if (!sent.ok) return answers.refused(reply, sent)
      return reply
        .code(202)
        .send({ message: 'A new code is on its way', retry_after: sent.retryAfterSeconds })
    }),
  })
}
