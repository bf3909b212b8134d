import { fileURLToPath } from 'node:url'
import openapiTypes, { astToString, type OpenAPI3 } from 'openapi-typescript'
import { startApp } from './app.ts'

/** The types of `client/`, written from what the service says about itself at `/openapi.json`. */
export const CLIENT_TYPES_FILE = fileURLToPath(new URL('../../client/src/openapi.ts', import.meta.url))

type ApiDocument = {
  openapi: string
  info: object
  paths: Record<string, Record<string, Operation>>
  components: object
}
type Operation = { responses: Record<string, Response> }
type Response = { content: Record<string, { schema: Schema; examples?: Record<string, { value: object }> }> }
type Schema = { properties: Record<string, object> }

const HEADING = `// Written by: npm run client-types. Compared by test/client/types.test.ts.\n`

/**
 * `hiding` is the document of a service that hides who is registered: a client may meet either, so that its types
 * have the answers of both.
 */
const writeClientTypes = async (document: ApiDocument, hiding: ApiDocument): Promise<string> => {
  const paths = Object.entries(document.paths).filter(([path]) => path.startsWith('/users'))
  const problems: Record<string, object> = {}
  for (const [path, methods] of paths) {
    for (const [method, { responses }] of Object.entries(methods)) {
      Object.assign(responses, hiding.paths[path]?.[method]?.responses, { ...responses })
      for (const response of Object.values(responses)) nameProblems(response, problems)
    }
  }
  const schemas = Object.fromEntries(Object.entries(problems).sort())
  const described = { ...document, paths: Object.fromEntries(paths), components: { schemas } }
  return HEADING + astToString(await openapiTypes(described as OpenAPI3, { silent: true }))
}

/**
 * The schema of a response has one `code: string` for all its problems; the examples, of which there is one for
 * each problem, say which codes there are and what else is in each document. Makes them schemas of their own.
 */
const nameProblems = ({ content }: Response, problems: Record<string, object>): void => {
  const problem = content['application/problem+json']
  if (!problem) return
  const { schema, examples = {} } = problem
  for (const [code, { value }] of Object.entries(examples)) {
    const properties = Object.fromEntries(Object.keys(value).map(name => [name, schema.properties[name]]))
    problems[code] = {
      ...schema,
      required: Object.keys(value),
      properties: { ...properties, code: { type: 'string', enum: [code] } },
    }
  }
  const oneOf = Object.keys(examples).map(code => ({ $ref: `#/components/schemas/${code}` }))
  Object.assign(problem, { schema: { oneOf } })
}

/** The types that the service of this source has, in both of its modes. */
export const currentClientTypes = async (): Promise<string> =>
  writeClientTypes(await documentOf({}), await documentOf({ HIDE_REGISTERED_EMAILS: 'true' }))

const documentOf = async (env: Record<string, string>): Promise<ApiDocument> => {
  const app = await startApp({ env })
  try {
    return (await (await fetch(`${app.url}/openapi.json`)).json()) as ApiDocument
  } finally {
    await app.stop()
  }
}
