import assert from 'node:assert/strict'
import type { UseCases } from '../../src/application/use-cases.ts'
import { startHttpWorld } from './http-world.ts'
import { useForAll } from './use-for-all.ts'

export type Schema = {
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

/** What the service says of itself. */
type DescribedApi = {
  document: Document
  operations: Operation[]
  named: (operationId: string) => Operation
  /** The schemas of what an operation takes and of what it answers when all goes well. */
  bodiesOf: (operation: Operation) => Schema[]
}

/** What a service with these use cases says of itself, for all tests of a file. */
export const useDescribedApi = (useCases: Partial<UseCases> = {}): DescribedApi =>
  useForAll(async t => {
    const { client } = await startHttpWorld(t, { useCases })
    const document = (await client.ask('GET', '/openapi.json')).body as unknown as Document
    const operations = Object.values(document.paths).flatMap(methods => Object.values(methods))
    return {
      document,
      operations,
      named: id => operations.find(({ operationId }) => operationId === id) ?? assert.fail(id),
      bodiesOf: operation =>
        bodyNames(operation).map(name => document.components.schemas[name] ?? assert.fail(name)),
    }
  })

export const isSuccess = ([status]: [string, unknown]): boolean => status < '300'

export const bodyNames = ({ requestBody, responses }: Operation): string[] =>
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
