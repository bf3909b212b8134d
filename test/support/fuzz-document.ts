import type { Wire } from './fuzz-wire.ts'

type Media = { schema: object; examples?: Record<string, unknown> }
type Components = { schemas: Record<string, BodySchema> }
export type BodySchema = {
  properties: Record<string, { type: string; pattern?: string }>
  required?: string[]
  additionalProperties?: boolean
}
type DocumentedOperation = {
  operationId: string
  security?: { basic?: string[] }[]
  requestBody?: { content: Record<string, { schema: { $ref: string } }> }
  responses: Record<string, { content?: Record<string, Media> }>
}

/** What /openapi.json says about one route. */
export type Operation = {
  name: string
  method: string
  path: string
  /** Upper-case methods that the path answers, HEAD beside GET. */
  methods: string[]
  needsCredentials: boolean
  body: BodySchema | undefined
  responses: Map<number, Record<string, Media>>
}

/** Reads the document as any generator of clients would. */
export const readOperations = async (wire: Wire): Promise<Operation[]> => {
  const answer = await wire.ask(Buffer.from('GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'))
  if (answer?.status !== 200) throw new Error('no /openapi.json')
  const { paths, components } = answer.body as {
    paths: Record<string, Record<string, DocumentedOperation>>
    components: Components
  }
  return Object.entries(paths).flatMap(([path, byMethod]) => {
    const methods = Object.keys(byMethod).flatMap(method =>
      method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
    )
    return Object.entries(byMethod).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      methods,
      needsCredentials: operation.security?.some(({ basic }) => basic) ?? false,
      body: bodyOf(operation, components),
      responses: new Map(
        Object.entries(operation.responses).map(([status, { content }]) => [
          Number(status),
          whole(content, components),
        ]),
      ),
    }))
  })
}

const bodyOf = ({ requestBody }: DocumentedOperation, { schemas }: Components): BodySchema | undefined => {
  const name = requestBody?.content['application/json']?.schema.$ref.split('/').at(-1)
  return name === undefined ? undefined : schemas[name]
}

/** Each schema with those that it names, as `#/components/…`. */
const whole = (content: Record<string, Media> = {}, components: object): Record<string, Media> =>
  Object.fromEntries(
    Object.entries(content).map(([type, media]) => [
      type,
      { ...media, schema: { ...media.schema, components } },
    ]),
  )
