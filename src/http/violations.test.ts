import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { shapeOf, unknownFields } from './violations.ts'

/** A request whose body broke these rules of its schema. */
const requestWith = (...validation: object[]) => ({ validationError: { validation } }) as FastifyRequest

describe('shapeOf', () => {
  const errors: [error: object, pointer: string, rule: string, detail: string][] = [
    [
      { instancePath: '', keyword: 'required', params: { missingProperty: 'email' } },
      '/email',
      'required',
      'is missing',
    ],
    [
      { instancePath: '', keyword: 'additionalProperties', params: { additionalProperty: 'a/b~c~/d' } },
      '/a~1b~0c~0~1d',
      'unknown_field',
      'is not a field of this request',
    ],
    [
      { instancePath: '/email', keyword: 'type', params: { type: 'string' } },
      '/email',
      'type',
      'must be a string',
    ],
    [
      { instancePath: '/code', keyword: 'pattern', params: {} },
      '/code',
      'code_format',
      'must be 4, 6 or 8 digits',
    ],
    [
      { instancePath: '/locale', keyword: 'pattern', params: {} },
      '/locale',
      'locale_format',
      'must be a language tag such as en or fr-CA',
    ],
    [{ instancePath: '/other', keyword: 'pattern', params: {} }, '/other', 'pattern', 'has the wrong form'],
    [{ instancePath: '/email', keyword: 'maxLength', params: {} }, '/email', 'maxLength', 'is not valid'],
  ]
  for (const [error, pointer, rule, detail] of errors) {
    it(`names ${rule} at ${pointer}`, () => {
      assert.deepEqual(shapeOf(requestWith(error)), [{ pointer, rule, detail }])
    })
  }

  it('is empty for a body that breaks no rule', () => {
    assert.deepEqual(shapeOf({} as FastifyRequest), [])
  })

  it('names the first twenty, however many there are', () => {
    const nonsense = Array.from({ length: 25 }, (_, n) => ({
      instancePath: '',
      keyword: 'additionalProperties',
      params: { additionalProperty: `field-${n}` },
    }))
    const pointers = shapeOf(requestWith(...nonsense)).map(({ pointer }) => pointer)
    assert.deepEqual([pointers.length, pointers[0], pointers.at(-1)], [20, '/field-0', '/field-19'])
  })
})

describe('unknownFields', () => {
  it('are all fields of a body that should have none, twenty at most', () => {
    assert.deepEqual(unknownFields({ 'a~b': 1 }), [
      { pointer: '/a~0b', rule: 'unknown_field', detail: 'is not a field of this request' },
    ])
    const nonsense = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`field-${n}`, n]))
    assert.equal(unknownFields(nonsense).length, 20)
  })

  it('are none of an empty body, or of none', () => {
    for (const body of [{}, undefined, null]) assert.deepEqual(unknownFields(body), [])
  })
})
