import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'

type Received = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer }

/** A mail service that answers as the test says, once it has the whole request. */
export const startMailService = async (t: TestContext, answer: (response: ServerResponse) => void) => {
  const received: Received[] = []
  const connections = new Set<Socket>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url: path = '', headers } = request
    received.push({ method, path, headers, body: Buffer.concat(chunks) })
    answer(response)
  })
  server.on('connection', socket => connections.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `http://${host}`, host, received, connections }
}

/** Answers with a JSON body, `{}` if none is given. */
export const answerWith =
  (status: number, headers: Record<string, string> = {}, body: unknown = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
