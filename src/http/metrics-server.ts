import { once } from 'node:events'
import { createServer } from 'node:http'

export type MetricsServer = { close: () => void }

/**
 * Serves `GET /metrics`, on a port of its own, so that the API can be open to the world without them. Throws
 * when the port is taken.
 */
export const startMetricsServer = async (
  metrics: { text: () => Promise<string>; contentType: string },
  at: { host: string; port: number },
): Promise<MetricsServer> => {
  const server = createServer(async (request, response) => {
    if (request.url !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end()
      return
    }
    try {
      const text = await metrics.text()
      response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
    } catch {
      response.writeHead(500).end()
    }
  })
  server.listen(at.port, at.host)
  await once(server, 'listening').catch(cause => {
    throw new Error(`METRICS_PORT ${at.port} cannot be listened on; choose another one, or 0 for none`, {
      cause,
    })
  })
  return {
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
