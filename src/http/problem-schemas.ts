import { CHALLENGE, PROBLEMS, type ProblemCode, type ProblemExtras, problemDocument } from './problems.ts'

/** What a body can be refused for. */
export const BAD_BODY = [
  'malformed_body',
  'body_too_large',
  'unsupported_media_type',
  'validation_failed',
] as const
/** What can make any request come at the wrong time. */
export const NOT_NOW = ['rate_limited', 'overloaded', 'unavailable'] as const
/** What any route may answer, whatever is asked of it. */
const ANYWHERE = [
  'bad_request',
  'duplicate_header',
  'request_timeout',
  'headers_too_large',
  'internal_error',
] as const

/** Describes the problems a route may answer, by status, each with its document as an example. */
export const problemResponses = (...codes: ProblemCode[]): Record<number, object> => {
  const byStatus = Map.groupBy([...codes, ...ANYWHERE], code => PROBLEMS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map(code => `\`${code}\`: ${PROBLEMS[code].detail}`).join('\n\n'),
        ...(status === 401 && { headers: AUTHENTICATE }),
        ...(status === 429 && { headers: RATE_LIMIT }),
        ...(status === 503 && { headers: RETRY_AFTER }),
        content: {
          'application/problem+json': {
            schema: ANYTHING,
            examples: Object.fromEntries(
              group.map(code => [code, { summary: PROBLEMS[code].title, value: example(code) }]),
            ),
          },
        },
      },
    ]),
  )
}

/** Fastify compiles a serializer for each schema that it gets. Problems need none: they leave as text. */
const ANYTHING = {}

type Response = { content?: { 'application/problem+json'?: { examples: object } } }

/** The responses of a route, for a document with `PROBLEM_SCHEMAS` as components: each problem by its schema there. */
export const withProblemSchemas = (responses: Record<string, Response>): Record<string, Response> =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const problem = response.content?.['application/problem+json']
      if (!problem) return [status, response]
      const schema = oneOf(Object.keys(problem.examples))
      return [status, { ...response, content: { 'application/problem+json': { ...problem, schema } } }]
    }),
  )

const oneOf = (codes: string[]): object => {
  const schemas = codes.map(code => ({ $ref: `#/components/schemas/${code}` }))
  // Schemas are called as their codes are, so that the discriminator needs no mapping.
  return schemas.length > 1 ? { oneOf: schemas, discriminator: { propertyName: 'code' } } : { ...schemas[0] }
}

const example = (code: ProblemCode) =>
  problemDocument(
    code,
    'http://localhost:8000',
    'b17ee0a1-66d1-4f5e-9d70-40f2a4f6f2c5',
    EXTRAS[code]?.example,
  )

/** What is in the documents of a problem beyond the members of every one. */
const EXTRAS: { [code in ProblemCode]?: { properties: object; example: ProblemExtras } } = {
  validation_failed: {
    properties: {
      errors: {
        type: 'array',
        description: 'Every broken rule.',
        items: {
          type: 'object',
          required: ['pointer', 'rule', 'detail'],
          properties: {
            pointer: { type: 'string', description: 'Where, as a JSON Pointer (RFC 6901).' },
            rule: { type: 'string', description: 'Stable and machine-readable.' },
            detail: { type: 'string' },
          },
        },
      },
    },
    example: {
      errors: [
        { pointer: '/password', rule: 'password_too_short', detail: 'must have at least 12 characters' },
      ],
    },
  },
  wrong_code: {
    properties: { attempts_left: { type: 'integer', description: 'How many guesses the code still has.' } },
    example: { attempts_left: 2 },
  },
}

const schemaOf = (code: ProblemCode) => {
  const { title, detail, status } = PROBLEMS[code]
  const properties: Record<string, object> = {
    type: { type: 'string', format: 'uri', description: 'Address of a page that explains the problem.' },
    title: { type: 'string' },
    status: { type: 'integer', enum: [status] },
    detail: { type: 'string' },
    code: { type: 'string', enum: [code], description: 'Stable and machine-readable.' },
    ...EXTRAS[code]?.properties,
    correlation_id: { type: 'string' },
  }
  return {
    type: 'object' as const,
    title,
    description: detail,
    required: Object.keys(properties),
    properties,
  }
}

/** By code. For every problem there is: what no route names may be the answer to an unknown path or method. */
export const PROBLEM_SCHEMAS = Object.fromEntries(
  (Object.keys(PROBLEMS) as ProblemCode[]).map(code => [code, schemaOf(code)]),
)

const RETRY_AFTER = { 'Retry-After': { type: 'integer', description: 'Seconds to wait.' } }
const RATE_LIMIT = {
  ...RETRY_AFTER,
  'RateLimit-Policy': {
    type: 'string',
    description: 'The limit that was hit: how many (q) in how many seconds (w).',
    example: '"registrations_per_network";q=100;w=3600',
  },
  RateLimit: {
    type: 'string',
    description: 'What is left of it (r), and in how many seconds there is more (t).',
    example: '"registrations_per_network";r=0;t=1800',
  },
}
const AUTHENTICATE = {
  'WWW-Authenticate': { type: 'string', description: CHALLENGE },
}
