import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createNews } from './news.ts'

export type ReceivedRequest = { path: string; headers: IncomingHttpHeaders; body: string }

/** A service that takes whatever is posted to it, for as long as the tests of a file. */
export type Receiver = {
  url: string
  received: ReceivedRequest[]
  /** Waits until something holds that requests bring about. */
  until: (holds: () => boolean) => Promise<void>
  close: () => Promise<void>
}

/** `answer` is called with each request once all of it is there. */
export const startReceiver = async (
  answer: (response: ServerResponse, request: ReceivedRequest) => void,
): Promise<Receiver> => {
  const received: ReceivedRequest[] = []
  const news = createNews()
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const { url: path = '', headers } = incoming
    const request = { path, headers, body: Buffer.concat(chunks).toString() }
    received.push(request)
    answer(response, request)
    news.tell()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    until: holds => news.until(holds, 'what was waited for did not come'),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
