import type { FastifyReply, FastifyRequest } from 'fastify'
import { overloaded } from '../domain/refusals.ts'
import type { Answers } from './answers.ts'

/**
 * False while a password would be refused for want of time anyway. Logins and activations come `first`,
 * registrations `later`.
 */
export type HasRoomToHash = (urgency: 'first' | 'later') => boolean

/** A hook that sheds a request before its body is read: under overload, most of the work is to say no. */
export const shedding =
  (answers: Answers, hasRoomToHash: HasRoomToHash) =>
  (urgency: Parameters<HasRoomToHash>[0]) =>
  async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> =>
    hasRoomToHash(urgency) ? undefined : answers.refused(reply, overloaded(Math.random()))
