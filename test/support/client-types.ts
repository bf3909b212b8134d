import { fileURLToPath } from 'node:url'
import openapiTypes, { astToString, type OpenAPI3 } from 'openapi-typescript'
import { startApp } from './app.ts'

/** The types of `client/`, written from what the service says about itself at `/openapi.json`. */
export const CLIENT_TYPES_FILE = fileURLToPath(new URL('../../client/src/openapi.ts', import.meta.url))

type ApiDocument = OpenAPI3 & { paths: Record<string, Record<string, { responses: object }>> }

const HEADING = `// Written by: npm run client-types. Compared by test/client/types.test.ts.\n`

/**
 * `hiding` is the document of a service that hides who is registered: a client may meet either, so that its types
 * have the answers of both.
 */
const writeClientTypes = async (document: ApiDocument, hiding: ApiDocument): Promise<string> => {
  const paths = Object.entries(document.paths).filter(([path]) => path.startsWith('/users'))
  for (const [path, methods] of paths) {
    for (const [method, { responses }] of Object.entries(methods)) {
      Object.assign(responses, hiding.paths[path]?.[method]?.responses, { ...responses })
    }
  }
  const described = { ...document, paths: Object.fromEntries(paths) }
  return HEADING + astToString(await openapiTypes(described, { silent: true }))
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
