import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSuccess, useDescribedApi } from '../../test/support/described-api.ts'
import { PUBLIC_URL } from '../../test/support/http-world.ts'
import { PROBLEMS } from './problems.ts'

const open = useDescribedApi()
const quiet = useDescribedApi({ registerQuietly: async () => ({ ok: true }) })

/** Every text in a document that is there to be read. */
const textsIn = (node: unknown): unknown[] => {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) =>
    /^(description|summary|title)$/.test(key) && typeof value !== 'object' ? [value] : textsIn(value),
  )
}

describe('the description of the API', { timeout: 30_000 }, () => {
  it('says what it describes, in which version, and under which licence', () => {
    const { document } = open
    assert.equal(document.openapi, '3.1.0')
    assert.deepEqual(document.servers, [{ url: PUBLIC_URL }])
    const { description, ...info } = document.info
    assert.deepEqual(info, {
      title: 'Vestibule',
      version: '1.2.3',
      license: { name: 'MIT', identifier: 'MIT' },
    })
    assert.match(description, /^[A-Z].*\.$/)
    const { description: how, ...basic } = document.components.securitySchemes.basic as {
      description: string
    }
    assert.deepEqual(basic, { type: 'http', scheme: 'basic' })
    assert.match(how, /RFC 7617/)
  })

  it('sorts every operation under a heading that it explains, and leaves none empty', () => {
    const { document, operations } = open
    const headings = new Set(operations.flatMap(({ tags }) => tags))
    assert.deepEqual([...headings].sort(), document.tags.map(({ name }) => name).sort())
    for (const { tags, operationId } of operations) assert.equal(tags.length, 1, operationId)
  })

  it('holds the operations by name, and not the pages', () => {
    const { document, operations } = open
    assert.deepEqual(operations.map(({ operationId }) => operationId).sort(), [
      'account',
      'activate',
      'codeStatus',
      'explainProblem',
      'live',
      'ready',
      'register',
      'resendCode',
    ])
    assert.deepEqual(
      Object.keys(document.paths).filter(path => !/^\/(users|problems|health)/.test(path)),
      [],
    )
  })

  it('has no text that says nothing', () => {
    for (const { document } of [open, quiet]) {
      const texts = textsIn(document)
      assert.ok(texts.length > 100)
      for (const text of texts) assert.match(String(text), /\S/)
    }
  })

  it('says of each operation in short and at length what it does', () => {
    const { operations, named } = open
    for (const { summary, description, operationId } of operations) {
      assert.match(summary ?? '', /^[A-Z]/, operationId)
      assert.match(description ?? '', /^[A-Z0-9].*\.$/, operationId)
    }
    assert.notEqual(quiet.named('register').description, named('register').description)
    assert.deepEqual(
      Object.keys(quiet.named('register').responses).filter(status => status < '300'),
      ['202'],
    )
  })

  it('says of each success what it means', () => {
    for (const { operations } of [open, quiet]) {
      for (const { responses, operationId } of operations) {
        const successes = Object.entries(responses).filter(isSuccess)
        assert.equal(successes.length, 1, operationId)
        for (const [, { description }] of successes) {
          assert.match(description, /\.$/, operationId)
          assert.doesNotMatch(description, /Default/, operationId)
        }
      }
    }
  })

  it('says of each operation who may ask for it, also when everybody may', () => {
    const closed = open.operations.filter(({ security }) => security.length > 0)
    assert.deepEqual(
      closed.map(({ operationId }) => operationId),
      ['activate', 'resendCode', 'account', 'codeStatus'],
    )
    for (const { security } of closed) assert.deepEqual(security, [{ basic: [] }])
  })

  it('names the header and the parameter that are read', () => {
    const { named } = open
    for (const [id, name, place] of [
      ['register', 'accept-language', 'header'],
      ['explainProblem', 'code', 'path'],
    ] as const) {
      const parameter = named(id).parameters?.find(({ name: its }) => its === name)
      assert.equal(parameter?.in, place)
      assert.match(parameter?.description ?? '', /\.$/)
    }
    assert.ok(named('explainProblem').responses['200']?.content['text/html'])
    assert.deepEqual(named('explainProblem').responses['200']?.content['text/html']?.schema, {
      type: 'string',
    })
  })

  it('names the problems of each status, by the schemas that it has of all there are', () => {
    for (const { document, operations } of [open, quiet]) {
      const isProblem = (name: string) => Object.hasOwn(PROBLEMS, name)
      assert.deepEqual(Object.keys(document.components.schemas).filter(isProblem), Object.keys(PROBLEMS))
      for (const { responses, operationId } of operations) {
        for (const [status, { content }] of Object.entries(responses)) {
          const { schema, examples = {} } = content['application/problem+json'] ?? {}
          const named = Object.keys(examples).map(code => ({ $ref: `#/components/schemas/${code}` }))
          const several = { oneOf: named, discriminator: { propertyName: 'code' } }
          const expected = named.length > 1 ? several : named[0]
          assert.deepEqual(schema, expected, `${operationId} ${status}`)
        }
      }
    }
  })
})
