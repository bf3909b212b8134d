import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { bodyNames, useDescribedApi } from '../../test/support/described-api.ts'
import { PASSWORD_PATTERNS } from '../domain/password.ts'

const open = useDescribedApi()
const quiet = useDescribedApi({ registerQuietly: async () => ({ ok: true }) })

const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)

describe('the description of the API, of bodies', { timeout: 30_000 }, () => {
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

  it('explains each field of a body or shows it, by examples that its own schema takes', () => {
    for (const { operations, bodiesOf } of [open, quiet]) {
      for (const operation of operations) {
        for (const { properties = {} } of bodiesOf(operation)) {
          assert.ok(Object.keys(properties).length > 0, operation.operationId)
          for (const [name, schema] of Object.entries(properties)) {
            const variants = (schema.anyOf ?? [schema]).filter(({ type }) => type !== 'null')
            const examples = variants.flatMap(variant => variant.examples ?? [])
            assert.ok(examples.length > 0 || schema.type === 'boolean', name)
            for (const example of examples) {
              assert.ok(ajv.validate(schema, example), `${name}: ${example}`)
              assert.notEqual(example, '', name)
            }
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

  it('publishes them as regular expressions that not only JavaScript can read', () => {
    for (const { pattern } of PASSWORD_PATTERNS) assert.ok(!pattern.includes('[^]'), pattern)
  })
})
