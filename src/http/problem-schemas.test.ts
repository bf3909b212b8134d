import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Ajv } from 'ajv'
import { BAD_BODY, NOT_NOW, problemResponses } from './problem-schemas.ts'
import { PROBLEMS, type ProblemCode } from './problems.ts'

type Content = { schema: object; examples: Record<string, { summary: string; value: object }> }
type Response = { description: string; headers?: object; content: Record<string, Content> }

const described = (...codes: ProblemCode[]) => problemResponses(...codes) as Record<string, Response>
const contentOf = (response: Response | undefined): Content => {
  const content = response?.content['application/problem+json']
  assert.ok(content)
  return content
}
/** With its formats and examples left aside, which are not what it judges by. */
const takes = (schema: object) => {
  const validate = new Ajv({ formats: { uri: true } }).compile(schema)
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

  it('take every document that is shown, and none that lacks a member or has one of another type', () => {
    const codes = Object.keys(PROBLEMS) as ProblemCode[]
    for (const response of Object.values(described(...codes))) {
      const { schema, examples } = contentOf(response)
      const isTaken = takes(schema)
      for (const { value } of Object.values(examples)) {
        assert.ok(isTaken(value))
        for (const member of Object.keys(value)) {
          assert.ok(!isTaken({ ...value, [member]: {} }), `${member} of another type`)
          const isOptional = member === 'attempts_left' || member === 'errors'
          assert.equal(isTaken({ ...value, [member]: undefined }), isOptional, `without ${member}`)
        }
      }
    }
  })

  it('explain the members that do not speak for themselves', () => {
    const { schema } = contentOf(described('validation_failed')['422'])
    const { description, properties } = schema as { description: string; properties: Record<string, object> }
    assert.match(description, /RFC 9457/)
    for (const member of ['type', 'code', 'attempts_left', 'errors']) {
      assert.match((properties[member] as { description: string }).description, /^[A-Z].*\.$/, member)
    }
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
