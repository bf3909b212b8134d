import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { PROBLEM_SCHEMAS, withProblemSchemas } from './problem-schemas.ts'
import { BODIES, DescribedRegistrationBody } from './schemas.ts'

/**
 * `/openapi.json` (OpenAPI 3.1), put together from the schemas of the routes that are added after this. Programs
 * read it; people need `/docs`.
 */
export const describeApi = async (
  server: FastifyInstance,
  publicUrl: string,
  version: string,
): Promise<void> => {
  await server.register(swagger, {
    transform: ({ schema, url }) => ({ url, schema: schema && toldInFull(schema) }),
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
        { name: 'problems', description: 'What the errors mean: problem documents (RFC 9457).' },
      ],
      components: {
        schemas: { ...BODIES, RegistrationBody: DescribedRegistrationBody, ...PROBLEM_SCHEMAS },
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
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger())
}

/** The schema of a route with what is there to be read, and not for Fastify to work with. */
const toldInFull = (schema: FastifySchema): FastifySchema => ({
  // Open to everybody, where a route does not say otherwise: left out, it could have been forgotten.
  security: [],
  ...schema,
  ...(schema.body != null && { body: byName(schema.body) }),
  ...(schema.response != null && { response: withNames(schema.response as Record<string, object>) }),
})

const withNames = (responses: Record<string, object>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(withProblemSchemas(responses)).map(([status, response]) => [status, byName(response)]),
  )

/** A body by the name of its schema; anything else as it is. */
const byName = (body: unknown): unknown => BY_NAME.get(body) ?? body

const BY_NAME = new Map<unknown, object>(
  Object.entries<object>(BODIES).map(([name, body]) => {
    const content = { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } }
    return [body, { ...('description' in body && { description: body.description }), content }]
  }),
)

const webFile = (name: string): Buffer => readFileSync(new URL(`../web/${name}`, import.meta.url))

/** In the colours of the sign-up form, and light: Swagger UI has no dark ones of its own. */
const STYLE = `
:root { color-scheme: light }
body { background: var(--page); font-family: var(--font) }
.swagger-ui .info .title { color: var(--text) }
.swagger-ui .info a, .swagger-ui .link { color: var(--accent) }
.swagger-ui .btn.authorize, .swagger-ui .btn.execute { border-color: var(--accent); background: var(--accent); color: var(--on-accent) }
.swagger-ui .btn.authorize svg { fill: var(--on-accent) }
`

/** `/docs`, where the description of the API can be read and tried out. */
export const addDocs = async (server: FastifyInstance): Promise<void> => {
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    theme: {
      title: 'Vestibule API',
      css: [{ filename: 'theme.css', content: `${webFile('theme.css')}${STYLE}` }],
      favicon: [
        {
          filename: 'logo.svg',
          rel: 'icon',
          type: 'image/svg+xml',
          sizes: 'any',
          content: webFile('logo.svg'),
        },
      ],
    },
    uiConfig: {
      layout: 'BaseLayout',
      tryItOutEnabled: true,
      displayRequestDuration: true,
      // The problems that a status can have are named at once; the list of all there are is closed at first.
      defaultModelExpandDepth: 2,
      defaultModelsExpandDepth: 0,
    },
  })
}
