import type { FastifyRequest, FastifySchemaValidationError } from 'fastify'
import type { Violation } from '../domain/refusals.ts'

/** More than any honest request can break; keeps an answer from growing with the nonsense that was sent. */
const MOST = 20

/** What is wrong with the shape of a body, on a route with `attachValidation`. */
export const shapeOf = (request: FastifyRequest): Violation[] =>
  shapeViolations(request.validationError?.validation ?? [])

/** Names the rules of a schema that a body breaks, in the words of a problem document. */
const shapeViolations = (errors: readonly FastifySchemaValidationError[]): Violation[] =>
  errors.slice(0, MOST).map(({ instancePath, keyword, params }) => {
    switch (keyword) {
      case 'required':
        return {
          pointer: child(instancePath, params.missingProperty),
          rule: 'required',
          detail: 'is missing',
        }
      case 'additionalProperties':
        return unknownField(child(instancePath, params.additionalProperty))
      case 'type':
        return { pointer: instancePath, rule: 'type', detail: `must be a ${params.type}` }
      case 'pattern':
        return {
          pointer: instancePath,
          ...(PATTERNS[instancePath] ?? { rule: 'pattern', detail: 'has the wrong form' }),
        }
      default:
        return { pointer: instancePath, rule: keyword, detail: 'is not valid' }
    }
  })

/** For a request whose body must be empty or an empty object. */
export const unknownFields = (body: unknown): Violation[] =>
  Object.keys(body ?? {})
    .slice(0, MOST)
    .map(name => unknownField(child('', name)))

const unknownField = (pointer: string): Violation => ({
  pointer,
  rule: 'unknown_field',
  detail: 'is not a field of this request',
})

const child = (pointer: string, name: unknown): string =>
  `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

const PATTERNS: Record<string, { rule: string; detail: string }> = {
  '/code': { rule: 'code_format', detail: 'must be 4, 6 or 8 digits' },
  '/locale': { rule: 'locale_format', detail: 'must be a language tag such as en or fr-CA' },
}
