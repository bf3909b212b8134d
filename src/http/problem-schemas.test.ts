import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Ajv } from 'ajv'
import {
  BAD_BODY,
  NOT_NOW,
  PROBLEM_SCHEMAS,
  problemResponses,
  withProblemSchemas,
} from './problem-schemas.ts'
import { PROBLEMS, type ProblemCode } from './problems.ts'

type Content = { schema: object; examples: Record<string, { summary: string; value: object }> }
type Response = { description: string; headers?: object; content: Record<string, Content> }

const described = (...codes: ProblemCode[]) =>
  withProblemSchemas(problemResponses(...codes)) as Record<string, Response>
const CODES = Object.keys(PROBLEMS) as ProblemCode[]
const contentOf = (response: Response | undefined): Content => {
  const content = response?.content['application/problem+json']
  assert.ok(content)
  return content
}
/** With formats left aside, which are not what it judges by. */
const ajv = new Ajv({ formats: { uri: true }, keywords: ['components'], discriminator: true })
const takes = (schema: object) => {
  const validate = ajv.compile({ ...schema, components: { schemas: PROBLEM_SCHEMAS } })
  return (value: unknown): boolean => validate(value)
}

describe('problemResponses', () => {
  it('describe what any route may answer, and what this one may', () => {
    const anywhere = ['400', '408', '431', '500']
    assert.deepEqual(Object.keys(described()), anywhere)
    assert.deepEqual(Object.keys(contentOf(described()['400']).examples), ['bad_request', 'duplicate_header'])
    assert.deepEqual(Object.keys(described(...BAD_BODY)), [...anywhere, '413', '415', '422'].sort())
    assert.deepEqual(Object.keys(described(...NOT_NOW)), [...anywhere, '429', '503'].sort())
  })

  it('say of each problem what it means, under its status', () => {
    const { 503: response } = described('overloaded', 'unavailable')
    assert.equal(
      response?.description,
      `\`overloaded\`: ${PROBLEMS.overloaded.detail}\n\n\`unavailable\`: ${PROBLEMS.unavailable.detail}`,
    )
  })

  it('show the document of each problem', () => {
    const { examples } = contentOf(described('already_active')['409'])
    const { title, detail } = PROBLEMS.already_active
    assert.deepEqual(examples, {
      already_active: {
        summary: title,
        value: {
          type: 'http://localhost:8000/problems/already_active',
          title,
          status: 409,
          detail,
          code: 'already_active',
          correlation_id: 'b17ee0a1-66d1-4f5e-9d70-40f2a4f6f2c5',
        },
      },
    })
  })

  it('show what goes with a problem', () => {
    const { examples } = contentOf(described('wrong_code', 'validation_failed')['422'])
    assert.equal((examples.wrong_code?.value as { attempts_left?: number } | undefined)?.attempts_left, 2)
    assert.deepEqual((examples.validation_failed?.value as { errors?: object[] } | undefined)?.errors, [
      { pointer: '/password', rule: 'password_too_short', detail: 'must have at least 12 characters' },
    ])
  })

  it('have a schema for each problem, by its name', () => {
    const { 422: several, 409: one } = described('wrong_code', 'expired_code', 'already_active')
    const named = (code: string) => ({ $ref: `#/components/schemas/${code}` })
    assert.deepEqual(contentOf(several).schema, {
      oneOf: [named('wrong_code'), named('expired_code')],
      discriminator: { propertyName: 'code' },
    })
    assert.deepEqual(contentOf(one).schema, named('already_active'))
    assert.deepEqual(Object.keys(PROBLEM_SCHEMAS), CODES)
  })

  it('take every document that is shown, and none with another code or status', () => {
    for (const response of Object.values(described(...CODES))) {
      const { schema, examples } = contentOf(response)
      const isTaken = takes(schema)
      for (const { value } of Object.values(examples)) {
        assert.ok(isTaken(value))
        for (const code of ['nothing', ...CODES.filter(other => !Object.hasOwn(examples, other))]) {
          assert.ok(!isTaken({ ...value, code }), code)
        }
        assert.ok(!isTaken({ ...value, status: 418 }))
      }
    }
  })

  it('take no document that lacks a member or has one of another type', () => {
    for (const response of Object.values(described(...CODES))) {
      const { schema, examples } = contentOf(response)
      const isTaken = takes(schema)
      for (const { value } of Object.values(examples)) {
        for (const member of Object.keys(value)) {
          assert.ok(!isTaken({ ...value, [member]: {} }), `${member} of another type`)
          assert.ok(!isTaken({ ...value, [member]: undefined }), `without ${member}`)
        }
      }
    }
  })

  it('know what is in the document of each problem, and what is not', () => {
    const extras = { errors: ['validation_failed'], attempts_left: ['wrong_code'] }
    for (const [member, withIt] of Object.entries(extras)) {
      const codes = CODES.filter(code => Object.hasOwn(PROBLEM_SCHEMAS[code]?.properties ?? {}, member))
      assert.deepEqual(codes, withIt, member)
    }
    for (const { required, properties } of Object.values(PROBLEM_SCHEMAS)) {
      assert.deepEqual(required, Object.keys(properties))
    }
  })

  it('are explained, and so are the members that do not speak for themselves', () => {
    for (const code of CODES) {
      const { title, description, properties } = PROBLEM_SCHEMAS[code] ?? assert.fail(code)
      assert.deepEqual([title, description], [PROBLEMS[code].title, PROBLEMS[code].detail])
      const { title: _, status, detail, correlation_id, ...others } = properties
      for (const [member, schema] of Object.entries(others)) {
        assert.match((schema as { description: string }).description, /^[A-Z].*\.$/, `${member} of ${code}`)
      }
    }
    const { errors } = (PROBLEM_SCHEMAS.validation_failed?.properties ?? {}) as {
      errors: { items: { properties: Record<string, { description: string }> } }
    }
    assert.match(errors.items.properties.pointer?.description ?? '', /RFC 6901/)
    assert.match(errors.items.properties.rule?.description ?? '', /^Stable/)
  })

  it('take errors that have all their members, each of them a text', () => {
    const { schema, examples } = contentOf(described('validation_failed')['422'])
    const isTaken = takes(schema)
    const { value } = examples.validation_failed ?? {}
    const error = { pointer: '/email', rule: 'type', detail: 'must be a string' }
    assert.ok(isTaken({ ...value, errors: [error, error] }))
    for (const member of Object.keys(error)) {
      assert.ok(!isTaken({ ...value, errors: [{ ...error, [member]: undefined }] }), `without ${member}`)
      assert.ok(!isTaken({ ...value, errors: [{ ...error, [member]: 7 }] }), `${member} of another type`)
    }
    assert.ok(!isTaken({ ...value, errors: ['text'] }))
  })

  it('name the headers that go with a status, and no others', () => {
    const all = described('invalid_credentials', ...NOT_NOW, 'wrong_code')
    const headersOf = (status: string) => Object.keys(all[status]?.headers ?? {})
    assert.deepEqual(headersOf('401'), ['WWW-Authenticate'])
    assert.deepEqual(headersOf('429'), ['Retry-After', 'RateLimit-Policy', 'RateLimit'])
    assert.deepEqual(headersOf('503'), ['Retry-After'])
    assert.deepEqual(headersOf('422'), [])
    assert.equal('headers' in (all['422'] ?? {}), false)
  })

  it('say of each header what it holds, and show those that hold more than a number', () => {
    const all = described('invalid_credentials', ...NOT_NOW)
    const headers = Object.assign({}, ...['401', '429'].map(status => all[status]?.headers))
    const { 'Retry-After': retryAfter, ...others } = headers
    assert.deepEqual(retryAfter, { type: 'integer', description: 'Seconds to wait.' })
    for (const { type, description } of Object.values(others) as { type: string; description: string }[]) {
      assert.equal(type, 'string')
      assert.match(description, /./)
    }
    assert.equal(headers['RateLimit-Policy'].example, '"registrations_per_network";q=100;w=3600')
    assert.equal(headers.RateLimit.example, '"registrations_per_network";r=0;t=1800')
  })
})
