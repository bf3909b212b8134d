import type { FastifyInstance } from 'fastify'

/**
 * Remembers which methods each path answers, for `Allow`; sees the routes that are added after it. A path counts
 * as the router reads it, decoded.
 */
export const collectMethods = (server: FastifyInstance): ((url: string) => string[]) => {
  const routes: { path: RegExp; methods: string[] }[] = []
  server.addHook('onRoute', ({ url, method }) => {
    const path = url
      .replaceAll(/[.\\^$+?()[\]{}|]/g, '\\$&')
      .replaceAll(/:\w+/g, '[^/]+')
      .replaceAll('*', '.*')
    routes.push({ path: new RegExp(`^${path}$`), methods: [method].flat() })
  })
  return url => {
    const path = decoded(pathOf(url))
    return [...new Set(routes.filter(route => route.path.test(path)).flatMap(route => route.methods))]
  }
}

/** The path of a request target, which may be a whole URL (RFC 9112 §3.2.2). */
export const pathOf = (url: string): string => url.replace(/^https?:\/\/[^/?]*/i, '').replace(/\?.*$/s, '')

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
