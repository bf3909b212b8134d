import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Answer, type Client, createClient, newAddress } from '../support/client.ts'
import { type Code, STATUS_OF } from '../support/problems.ts'
import { exhaust, signUp, signUpActive } from '../support/sign-up.ts'

type Response = {
  description: string
  headers?: Record<string, object>
  content: Record<string, { schema: Schema; examples?: Record<string, { value: Record<string, unknown> }> }>
}
type Schema = { oneOf?: object[] }
type Operation = {
  security?: object[]
  requestBody?: object
  responses: Record<string, Response>
}
type Document = {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: object }
}

/** What any route may answer before it has looked at what was asked of it. */
const ANYWHERE: Code[] = [
  'bad_request',
  'duplicate_header',
  'request_timeout',
  'headers_too_large',
  'internal_error',
]
const WITH_BODY: Code[] = ['malformed_body', 'body_too_large', 'unsupported_media_type', 'validation_failed']
const WITH_HASH: Code[] = ['rate_limited', 'overloaded', 'unavailable']

/** Every route of DESIGN.md §2 with its success and all its problems. */
const CONTRACT: Record<string, { success: number; problems: Code[] }> = {
  'post /users': { success: 201, problems: [...WITH_BODY, ...WITH_HASH, 'email_taken'] },
  'post /users/activate': {
    success: 200,
    problems: [
      ...WITH_BODY,
      ...WITH_HASH,
      'invalid_credentials',
      'already_active',
      'wrong_code',
      'expired_code',
      'exhausted_code',
    ],
  },
  'post /users/resend-code': {
    success: 202,
    problems: [...WITH_BODY, ...WITH_HASH, 'invalid_credentials', 'already_active'],
  },
  'get /users/me': { success: 200, problems: [...WITH_HASH, 'invalid_credentials'] },
  'get /users/me/code': {
    success: 200,
    problems: [...WITH_HASH, 'invalid_credentials', 'already_active'],
  },
  'get /problems/{code}': { success: 200, problems: ['not_found'] },
  'get /health/live': { success: 200, problems: [] },
  'get /health/ready': { success: 200, problems: ['unavailable'] },
}

describe('/openapi.json', () => {
  let app: RunningApp
  let document: Document
  let given: [route: string, answer: Answer][]
  before(async () => {
    app = await startApp()
    const client = createClient(app.url)
    document = (await client.ask('GET', '/openapi.json')).body as Document
    given = await askAround(app, client)
  })
  after(() => app.stop())

  const operation = (route: string): Operation => {
    const [method = '', path = ''] = route.split(' ')
    const found = document.paths[path]?.[method]
    assert.ok(found, `${route} is described`)
    return found
  }

  it('is valid OpenAPI 3.1', async () => {
    assert.match(document.openapi, /^3\.1\.\d+$/)
    const { valid, errors } = await new Validator().validate(structuredClone(document))
    assert.ok(valid, JSON.stringify(errors))
    assert.deepEqual(document.servers, [{ url: 'http://localhost:8000' }])
  })

  it('describes every route of the contract, and no other', () => {
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method} ${path}`),
    )
    assert.deepEqual(routes.sort(), Object.keys(CONTRACT).sort())
  })

  it('asks for Basic credentials on the routes that need them, for the Authorize button of /docs', () => {
    const schemes = document.components.securitySchemes as Record<string, { type: string; scheme: string }>
    assert.equal(schemes.basic?.type, 'http')
    assert.equal(schemes.basic?.scheme, 'basic')
    for (const [route, { problems }] of Object.entries(CONTRACT)) {
      const expected = problems.includes('invalid_credentials') ? [{ basic: [] }] : []
      assert.deepEqual(operation(route).security, expected, route)
    }
  })

  it('shows every status of every route, each problem with an example', () => {
    for (const [route, { success, problems }] of Object.entries(CONTRACT)) {
      const { responses } = operation(route)
      const expected = [...problems, ...ANYWHERE]
      const statuses = new Set([success, ...expected.map(code => STATUS_OF[code])])
      assert.deepEqual(Object.keys(responses).map(Number), [...statuses].sort(), route)

      const shown = Object.values(responses).flatMap(response =>
        Object.entries(response.content['application/problem+json']?.examples ?? {}),
      )
      assert.deepEqual(shown.map(([code]) => code).sort(), expected.sort(), route)
      for (const [code, { value }] of shown) {
        assert.equal(value.code, code)
        assert.equal(value.status, STATUS_OF[code as Code])
        assert.match(String(value.type), new RegExp(`/problems/${code}$`))
        assert.ok(responses[String(value.status)]?.description.includes(`\`${code}\``))
      }
    }
  })

  it('describes Retry-After for 429 and 503, and WWW-Authenticate for 401', () => {
    for (const route of Object.keys(CONTRACT)) {
      for (const [status, { headers = {} }] of Object.entries(operation(route).responses)) {
        assert.equal('Retry-After' in headers, status === '429' || status === '503', `${route} ${status}`)
        assert.equal('WWW-Authenticate' in headers, status === '401', `${route} ${status}`)
      }
    }
  })

  it('shows the problem documents that the routes really answer, but for correlation id and errors', () => {
    for (const [route, { status, headers, body }] of given) {
      const response = operation(route).responses[status]
      const mediaType = headers.get('content-type')?.split(';')[0] ?? ''
      const content = response?.content[mediaType]
      assert.ok(content, `${route} ${status} ${mediaType}`)
      if (status < 400) continue
      const example = content.examples?.[String(body.code)]?.value
      const special = { correlation_id: '', ...('errors' in body && { errors: [] }) }
      assert.deepEqual({ ...example, ...special }, { ...body, ...special })
    }
  })

  it('has one schema for each of them, which takes none with another code or without one of its members', () => {
    for (const [route, { status, body }] of given) {
      if (status < 400) continue
      const schema = operation(route).responses[status]?.content['application/problem+json']?.schema ?? {}
      const takers = (schema.oneOf ?? [schema]).map(one => taking(one, document))
      const taken = (value: object) => takers.filter(isTaken => isTaken(value)).length
      assert.equal(taken(body), 1, `${route} ${body.code}`)
      assert.equal(taken({ ...body, code: 'method_not_allowed' }), 0, `${route} ${status}`)
      for (const member of Object.keys(body)) {
        assert.equal(taken({ ...body, [member]: undefined }), 0, `${body.code} without ${member}`)
      }
    }
  })
})

const ajv = new Ajv2020({ strict: false, validateFormats: false })
/** Tells whether a schema of the document takes a value. */
const taking = (schema: object, { components }: Document) => {
  const validate = ajv.compile({ ...schema, components })
  return (value: object): boolean => validate(value)
}

/** What the routes answer to somebody who has accounts of every kind, and does not wait. */
const askAround = async (app: RunningApp, client: Client): Promise<[route: string, answer: Answer][]> => {
  const pending = await signUp(app)
  const exhausted = await signUp(app)
  await exhaust(app, exhausted)
  const active = await signUpActive(app)
  return [
    ['post /users', await client.register(newAddress())],
    ['post /users', await client.register(newAddress(), 'Correct-7!')],
    ['post /users', await client.register(pending.email)],
    ['post /users', await client.register(exhausted.email)],
    ['post /users', await client.ask('POST', '/users')],
    ['post /users', await client.ask('POST', '/users', { body: 'x'.repeat(9000) })],
    [
      'post /users',
      await client.ask('POST', '/users', { body: {}, headers: { 'content-type': 'text/plain' } }),
    ],
    ['post /users/activate', await client.activate(pending.email, '12')],
    ['post /users/activate', await client.activate(pending.email, `0000${pending.code}`)],
    ['post /users/activate', await client.activate(pending.email, pending.code, 'Wrong-Horse-7')],
    ['post /users/resend-code', await client.resend(pending.email)],
    ['post /users/activate', await client.activate(exhausted.email, exhausted.code)],
    ['post /users/activate', await client.activate(active.email, active.code)],
    ['post /users/activate', await client.activate(pending.email, pending.code)],
    ['post /users/resend-code', await client.resend(exhausted.email)],
    ['post /users/resend-code', await client.resend(active.email)],
    ['get /users/me', await client.me(active.email)],
    ['get /users/me', await client.me(active.email, 'Wrong-Horse-7')],
    ['get /problems/{code}', await client.ask('GET', '/problems/wrong_code')],
    ['get /problems/{code}', await client.ask('GET', '/problems/nothing')],
    ['get /health/live', await client.ask('GET', '/health/live')],
    ['get /health/ready', await client.ask('GET', '/health/ready')],
  ]
}

describe('/docs', () => {
  it('answers 200 with Swagger UI', async () => {
    const app = await startApp()
    try {
      const { status, body } = await createClient(app.url).ask('GET', '/docs')
      assert.equal(status, 200)
      assert.match(String(body.text), /swagger-ui/)
    } finally {
      await app.stop()
    }
  })

  it('answers 404 with DOCS_ENABLED=false, while /openapi.json still answers 200', async () => {
    const app = await startApp({ env: { DOCS_ENABLED: 'false' } })
    try {
      const client = createClient(app.url)
      for (const path of ['/docs', '/docs/json', '/docs/static/index.html']) {
        assert.equal((await client.ask('GET', path)).status, 404, path)
      }
      assert.equal((await client.ask('GET', '/openapi.json')).status, 200)
      assert.equal((await client.register(newAddress())).status, 201)
    } finally {
      await app.stop()
    }
  })
})
