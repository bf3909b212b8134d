import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/**
 * `/openapi.json` (OpenAPI 3.1), put together from the schemas of the routes that are added after this, and
 * `/docs`, where it can be read and tried out.
 */
export const addDocs = async (server: FastifyInstance, publicUrl: string, version: string): Promise<void> => {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Vestibule',
        version,
        description: 'Registers people by e-mail address, password and a code sent by mail.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: publicUrl }],
      tags: [
        { name: 'users', description: 'Register, activate, look.' },
        { name: 'health', description: 'For load balancers and orchestrators.' },
        { name: 'problems', description: 'What the errors mean.' },
      ],
      components: {
        securitySchemes: {
          basic: {
            type: 'http',
            scheme: 'basic',
            description: 'E-mail address and password (RFC 7617, UTF-8).',
          },
        },
      },
    },
  })
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true, displayRequestDuration: true },
  })
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger())
}
