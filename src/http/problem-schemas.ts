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
            schema: Problem,
            examples: Object.fromEntries(
              group.map(code => [code, { summary: PROBLEMS[code].title, value: example(code) }]),
            ),
          },
        },
      },
    ]),
  )
}

const example = (code: ProblemCode) =>
  problemDocument(code, 'http://localhost:8000', 'b17ee0a1-66d1-4f5e-9d70-40f2a4f6f2c5', EXTRAS[code])

const EXTRAS: { [code in ProblemCode]?: ProblemExtras } = {
  validation_failed: {
    errors: [
      { pointer: '/password', rule: 'password_too_short', detail: 'must have at least 12 characters' },
    ],
  },
  wrong_code: { attempts_left: 2 },
}

const Problem = {
  type: 'object',
  description: 'A problem document (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'code', 'correlation_id'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'Address of a page that explains the problem.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable and machine-readable.' },
    correlation_id: { type: 'string' },
    attempts_left: { type: 'integer', description: 'With wrong_code.' },
    errors: {
      type: 'array',
      description: 'With validation_failed: every broken rule.',
      items: {
        type: 'object',
        required: ['pointer', 'rule', 'detail'],
        properties: { pointer: { type: 'string' }, rule: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
}

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
