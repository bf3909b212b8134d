import { readFile } from 'node:fs/promises'
import { getHttpOperationsFromSpec } from '@stoplight/prism-http'
import { createServer } from '@stoplight/prism-http-server'
import { pino } from 'pino'

/**
 * Starts a mock of a provider's API that validates every request against the provider's own description, its
 * credentials included, and answers with the description's examples.
 */
export const startPrism = async (description: string, path: string) => {
  const file = new URL(`specs/${description}`, import.meta.url)
  const operations = await getHttpOperationsFromSpec(tighten(JSON.parse(await readFile(file, 'utf8'))))
  const server = createServer(
    operations.filter(operation => operation.path === path),
    { components: { logger: SILENT as never }, cors: false, config: CONFIG },
  )
  return { url: await server.listen(0, '127.0.0.1'), close: server.close }
}

/** Prism has a level more than pino. */
const SILENT = pino({ level: 'silent', customLevels: { success: 32 } })

const CONFIG = {
  mock: { dynamic: false },
  isProxy: false,
  checkSecurity: true,
  validateRequest: true,
  validateResponse: false,
  errors: false,
  upstreamProxy: undefined,
} as const

/** Refuses fields that the description does not list, which JSON Schema allows where it says nothing: a typing error. */
const tighten = (node: object): object => {
  if (Array.isArray(node)) return node.map(each => (isObject(each) ? tighten(each) : each))
  const entries = Object.entries(node).map(([name, value]) => [
    name,
    isObject(value) ? tighten(value) : value,
  ])
  const closed = 'type' in node && node.type === 'object' && 'properties' in node
  return { ...Object.fromEntries(entries), ...(closed && { additionalProperties: false }) }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
