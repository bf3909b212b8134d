import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RegistrationInput } from '../../application/register-user.ts'
import type { UseCases } from '../../application/use-cases.ts'
import { judgeRegistration } from '../../domain/registration.ts'
import { acceptedLanguage, type Languages } from '../accepted-language.ts'
import { callerOf } from '../caller.ts'
import { BAD_BODY, NOT_NOW, problemResponses } from '../problem-schemas.ts'
import { RegisteredUser, RegistrationBody, RegistrationHeaders, RegistrationTaken } from '../schemas.ts'
import { shapeOf } from '../violations.ts'
import type { PreparedParts } from './user-route-parts.ts'

/** `POST /users`, in one of its two ways: it tells that an address is taken, or it does not. */
export const registrationRoute = (server: FastifyInstance, parts: PreparedParts): void => {
  const { useCases, answers, languages, tags, shed } = parts
  const { register, registerQuietly } = useCases
  const { answer, ...described } = registerQuietly ? quietly(registerQuietly) : openly(register)
  server.post('/users', {
    onRequest: shed('later'),
    attachValidation: true,
    schema: {
      operationId: 'register',
      summary: 'Register',
      tags,
      headers: RegistrationHeaders,
      body: RegistrationBody,
      ...described,
    },
    handler: async (request, reply) => {
      if (request.body === undefined) return answers.problem(reply, 'malformed_body')
      const violations = violationsOf(request)
      if (violations.length > 0) return answers.invalid(reply, violations)
      return answer(registrationOf(request, reply, languages), reply)
    },
  })

  function openly(register: UseCases['register']) {
    return {
      description: 'Creates a pending account and mails an activation code to its address.',
      response: { 201: RegisteredUser, ...problemResponses('email_taken', ...BAD_BODY, ...NOT_NOW) },
      answer: async (input: RegistrationInput, reply: FastifyReply) => {
        const registered = await register(input)
        if (!registered.ok) return answers.refused(reply, registered)
        const { id, email } = registered.user
        return reply.code(201).send({ id, email, is_active: false })
      },
    }
  }

  function quietly(register: NonNullable<UseCases['registerQuietly']>) {
    return {
      description:
        'Creates a pending account and mails an activation code to its address. The answer is the same, after the same time, for an address that has an account; its owner gets a mail that says so.',
      response: { 202: RegistrationTaken, ...problemResponses(...BAD_BODY, ...NOT_NOW) },
      answer: async (input: RegistrationInput, reply: FastifyReply) => {
        const taken = await register(input)
        if (!taken.ok) return answers.refused(reply, taken)
        return reply.code(202).send({ message: 'Look into your mail' })
      },
    }
  }
}

/** What is broken about its shape; of a broken shape, also what the domain finds in the fields that are there. */
const violationsOf = (request: FastifyRequest) => {
  const broken = shapeOf(request)
  if (broken.length === 0) return broken
  const { email, password } = request.body as Partial<Record<string, unknown>>
  const judged = judgeRegistration({ email: textOrNothing(email), password: textOrNothing(password) })
  return judged.ok ? broken : [...broken, ...judged.violations]
}

const registrationOf = (request: FastifyRequest, reply: FastifyReply, languages: Languages) => {
  const { email, password, locale } = request.body as { email: string; password: string; locale?: string }
  return {
    email,
    password,
    locale: locale ?? acceptedLanguage(request, languages),
    caller: callerOf(request, reply),
  }
}

const textOrNothing = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
