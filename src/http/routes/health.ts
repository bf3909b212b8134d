import type { FastifyInstance } from 'fastify'
import type { Answers } from '../answers.ts'
import { problemResponses } from '../problem-schemas.ts'
import { Health } from '../schemas.ts'

/** True when the service can do its work: the database answers and nobody has asked it to stop. */
export type IsReady = () => Promise<boolean>

export const healthRoutes = (server: FastifyInstance, isReady: IsReady, answers: Answers): void => {
  server.get('/health/live', {
    schema: {
      operationId: 'live',
      summary: 'Is the process alive?',
      description: 'Yes, whatever it depends on does. No answer is a reason to start it anew.',
      tags: ['health'],
      response: { 200: Health, ...problemResponses() },
    },
    handler: async () => ({ status: 'ok' }),
  })

  server.get('/health/ready', {
    schema: {
      operationId: 'ready',
      summary: 'Can it do its work?',
      description: '503 while the database cannot be reached or the service is draining.',
      tags: ['health'],
      response: { 200: Health, ...problemResponses('unavailable') },
    },
    handler: async (_request, reply) => {
      if (await isReady()) return { status: 'ok' }
      return answers.problem(reply.header('retry-after', 1), 'unavailable')
    },
  })
}
