import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { PUBLIC_URL, startHttpWorld } from '../../test/support/http-world.ts'
import type { UseCases } from '../application/use-cases.ts'
import { PASSWORD_PATTERNS } from '../domain/password.ts'
import { PROBLEMS } from './problems.ts'

type Schema = {
  $ref?: string
  type?: string
  description?: string
  examples?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  anyOf?: Schema[]
}
type Body = { content: Record<string, { schema: Schema; examples?: object }> }
type Operation = {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  security: object[]
  parameters?: { name: string; in: string; description: string }[]
  requestBody?: Body
  responses: Record<string, Body & { description: string }>
}
type Document = {
  openapi: string
  servers: object[]
  info: { title: string; version: string; description: string; license: object }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, object> }
}

/** What the service says of itself with these use cases. */
const describedApi = async (useCases: Partial<UseCases>) => {
  const { client } = await startHttpWorld({ after }, { useCases })
  const document = (await client.ask('GET', '/openapi.json')).body as unknown as Document
  const operations = Object.values(document.paths).flatMap(methods => Object.values(methods))
  const named = (id: string): Operation => {
    const found = operations.find(({ operationId }) => operationId === id)
    assert.ok(found, id)
    return found
  }
  /** The schemas of what an operation takes and of what it answers when all goes well. */
  const bodiesOf = (operation: Operation): Schema[] =>
    bodyNames(operation).map(name => document.components.schemas[name] ?? assert.fail(name))
  return { document, operations, named, bodiesOf }
}

const open = await describedApi({})
const quiet = await describedApi({ registerQuietly: async () => ({ ok: true }) })

const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)

const isSuccess = ([status]: [string, unknown]): boolean => status < '300'

const bodyNames = ({ requestBody, responses }: Operation): string[] =>
  [
    requestBody,
    ...Object.entries(responses)
      .filter(isSuccess)
      .map(([, body]) => body),
  ]
    .map(body => body?.content['application/json']?.schema)
    .filter(schema => schema !== undefined)
    .map(
      schema =>
        /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref ?? '')?.[1] ?? assert.fail('not in BODIES'),
    )

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

  it('has a name for each body, by which clients that are made from it have a type', () => {
    const names = Object.fromEntries(open.operations.map(each => [each.operationId, bodyNames(each)]))
    assert.deepEqual(names, {
      register: ['RegistrationBody', 'RegisteredUser'],
      activate: ['ActivationBody', 'Activated'],
      resendCode: ['CodeSent'],
      account: ['OwnAccount'],
      codeStatus: ['PendingCode'],
      live: ['Health'],
      ready: ['Health'],
      explainProblem: [],
    })
    assert.deepEqual(bodyNames(quiet.named('register')), ['RegistrationBody', 'RegistrationTaken'])
  })

  it('says of each operation who may ask for it, also when everybody may', () => {
    const closed = open.operations.filter(({ security }) => security.length > 0)
    assert.deepEqual(
      closed.map(({ operationId }) => operationId),
      ['activate', 'resendCode', 'account', 'codeStatus'],
    )
    for (const { security } of closed) assert.deepEqual(security, [{ basic: [] }])
  })

  it('explains each field of a body or shows it, by examples that its own schema takes', () => {
    for (const { operations, bodiesOf } of [open, quiet]) {
      for (const operation of operations) {
        for (const { properties = {} } of bodiesOf(operation)) {
          assert.ok(Object.keys(properties).length > 0, operation.operationId)
          for (const [name, schema] of Object.entries(properties)) {
            const variants = (schema.anyOf ?? [schema]).filter(({ type }) => type !== 'null')
            const examples = variants.flatMap(variant => variant.examples ?? [])
            assert.ok(examples.length > 0 || schema.type === 'boolean', name)
            for (const example of examples) assert.ok(ajv.validate(schema, example), `${name}: ${example}`)
          }
        }
      }
    }
  })

  it('says of each field that does not speak for itself what it means', () => {
    const { named, bodiesOf } = open
    const silent = ['register', 'activate', 'resendCode', 'account', 'codeStatus'].flatMap(id =>
      bodiesOf(named(id)).flatMap(({ properties = {} }) =>
        Object.entries(properties)
          .filter(([, { description }]) => description === undefined)
          .map(([name]) => name),
      ),
    )
    assert.deepEqual([...new Set(silent)].sort(), ['activated_at', 'created_at', 'id', 'message'])
  })

  it('shows two languages, and ids and times in their formats', () => {
    const { named, bodiesOf } = open
    const [body] = bodiesOf(named('register'))
    assert.deepEqual(body?.properties?.locale?.examples, ['en', 'fr-CA'])
    const account = bodiesOf(named('account'))[0]?.properties
    const formats = Object.entries(account ?? {}).map(([name, schema]) => [
      name,
      (schema.anyOf?.[0] ?? schema) as { format?: string },
    ])
    assert.deepEqual(
      formats.map(([name, schema]) => [name, (schema as { format?: string }).format]),
      [
        ['id', 'uuid'],
        ['email', undefined],
        ['is_active', undefined],
        ['created_at', 'date-time'],
        ['activated_at', 'date-time'],
      ],
    )
  })

  it('requires every field but the locale, and takes no others', () => {
    const { named, bodiesOf } = open
    const [registration] = bodiesOf(named('register'))
    assert.deepEqual(registration?.required, ['email', 'password'])
    const [activation] = bodiesOf(named('activate'))
    assert.deepEqual(activation?.required, ['code'])
    for (const body of [registration, activation]) {
      assert.equal((body as { additionalProperties?: boolean }).additionalProperties, false)
    }
  })

  it('publishes the rules for passwords, for forms that judge while somebody types', () => {
    const { named, bodiesOf } = open
    const password = bodiesOf(named('register'))[0]?.properties?.password as { allOf?: object[] }
    assert.deepEqual(
      password.allOf,
      PASSWORD_PATTERNS.map(({ rule, pattern, detail }) => ({
        type: 'string',
        pattern,
        description: detail,
        'x-rule': rule,
      })),
    )
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
