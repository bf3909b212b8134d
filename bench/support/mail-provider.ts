import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a mail provider is down: nobody listens, every answer is an error, or there is none. */
export const OUTAGES = ['refused', '500', 'blackhole'] as const
export type Outage = (typeof OUTAGES)[number]

export type Arrival = { to: string; key: string; code: string | undefined; at: number }

/** A mail provider that goes down and comes back as it is told, and keeps what it has accepted. */
export const startMailProvider = async () => {
  const arrivals: Arrival[] = []
  let outage: Outage | undefined
  let requests = 0

  const server = createServer(async (request, response) => {
    requests += 1
    let body = ''
    for await (const chunk of request) body += chunk
    if (outage) return failBy(outage, response)
    const { to, text } = JSON.parse(body)
    const key = String(request.headers['idempotency-key'])
    arrivals.push({ to, key, code: /^\s*(\d{4,8})\s*$/m.exec(text)?.[1], at: performance.now() })
    response.end()
  })
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const { port } = server.address() as AddressInfo

  const stop = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    /** How many have come in, whatever became of them; of one that was refused nothing is heard here. */
    requests: () => requests,
    fail: (how: Outage): void => {
      outage = how
      if (how === 'refused') stop()
    },
    recover: async (): Promise<void> => {
      if (outage === 'refused') await listen(port)
      outage = undefined
    },
    close: stop,
  }
}

/** What has been swallowed by a black hole stays there. */
const failBy = (outage: Outage, response: ServerResponse): void => {
  if (outage !== 'blackhole') response.writeHead(500).end()
}
