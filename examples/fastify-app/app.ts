import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Webhook } from 'standardwebhooks'
// In a project of your own: from 'vestibule-client'.
import type { Client, Credentials } from '../../client/src/client.ts'
import type { Event } from '../consumer/inbox.ts'
import type { People } from './people.ts'

export type AppParts = {
  people: People
  vestibule: Client
  /** The `WEBHOOK_SECRET` of the service. */
  webhookSecret: string
}

/** An app with people of its own, who sign up with Vestibule: only those get in whose account is active. */
export const createApp = (parts: AppParts): FastifyInstance => {
  const app = Fastify({ logger: true })
  takeEvents(app, parts)
  signIn(app, parts)
  profile(app, parts)
  return app
}

/** The webhook of Vestibule: `WEBHOOK_URL` names it. */
const takeEvents = (app: FastifyInstance, { people, webhookSecret }: AppParts): void => {
  const webhook = new Webhook(webhookSecret)
  const verify = ({ body, headers }: FastifyRequest): Event | undefined => {
    try {
      return webhook.verify(String(body), headers as Record<string, string>) as Event
    } catch {
      return undefined
    }
  }
  // The signature is about the body as it came: nothing may be made of it before.
  app.addContentTypeParser('application/cloudevents+json', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
  app.post('/events', (request, reply) => {
    const event = verify(request)
    if (!event) return reply.code(401).send()
    // If this throws, Fastify answers 500, and the event comes again. What takes long belongs into a queue of your
    // own: Vestibule waits ten seconds.
    const isNew = people.take(event)
    const { id, type, data } = event
    request.log.info({ event: id, type, person: data.id }, isNew ? 'taken' : 'known')
    return reply.code(204).send()
  })
}

/** No address has a colon: with one, Basic credentials would mean something else. */
const CREDENTIALS = {
  type: 'object',
  required: ['email', 'password'],
  properties: { email: { type: 'string', pattern: '^[^:]*$' }, password: { type: 'string' } },
}

/** Vestibule knows the passwords, this app who its people are. */
const signIn = (app: FastifyInstance, { people, vestibule }: AppParts): void => {
  app.post<{ Body: Credentials }>('/sessions', { schema: { body: CREDENTIALS } }, async (request, reply) => {
    const answer = await vestibule.account(request.body, {
      // Failed logins are counted by network: that of the person, not that of this app (TRUST_PROXY).
      headers: { 'x-forwarded-for': request.ip },
      signal: AbortSignal.timeout(10_000),
    })
    if (answer.ok) {
      const token = people.beginSession(answer.body.id)
      return token ? reply.code(201).send({ token }) : reply.code(403).send({ error: 'not activated' })
    }
    const { problem } = answer
    switch (problem.code) {
      case 'invalid_credentials':
        return reply.code(401).send({ error: 'wrong address or password' })
      case 'rate_limited':
      case 'overloaded':
      case 'unavailable':
        return reply.code(503).header('retry-after', problem.retryAfterSeconds).send({ error: 'not now' })
      default:
        throw new Error(`Vestibule answered ${problem.code}, correlation id ${problem.correlation_id}`)
    }
  })
}

const NAME = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', maxLength: 100 } },
}

/** What the app is about: here, a name. */
const profile = (app: FastifyInstance, { people }: AppParts): void => {
  const whoAsks = ({ headers }: FastifyRequest) =>
    people.whoseSession(/^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '')
  const nobody = (reply: FastifyReply) => reply.code(401).send({ error: 'sign in' })

  app.get('/profile', async (request, reply) => whoAsks(request) ?? nobody(reply))
  app.put<{ Body: { name: string } }>('/profile', { schema: { body: NAME } }, async (request, reply) => {
    const person = whoAsks(request)
    if (!person) return nobody(reply)
    people.rename(person.id, request.body.name)
    return whoAsks(request)
  })
}
