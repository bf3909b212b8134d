import type { FastifyInstance } from 'fastify'
import { accountRoutes } from './account.ts'
import { codeRoutes } from './codes.ts'
import { registrationRoute } from './registration.ts'
import { prepareUserRoutes, type UserRouteParts } from './user-route-parts.ts'

/** `/users` and what is below. */
export const userRoutes = (server: FastifyInstance, parts: UserRouteParts): void => {
  const prepared = prepareUserRoutes(parts)
  registrationRoute(server, prepared)
  codeRoutes(server, prepared)
  accountRoutes(server, prepared)
}
