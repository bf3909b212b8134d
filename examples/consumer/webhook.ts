// Takes the events of Vestibule by webhook, each of them once, and prints a line for each delivery.
//
//   WEBHOOK_SECRET=whsec_… PORT=3000 node examples/consumer/webhook.ts
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { openAccounts } from './accounts.ts'
import type { Event } from './inbox.ts'

/** No event is as long as that. */
const MAX_BYTES = 64 * 1024

const webhook = new Webhook(process.env.WEBHOOK_SECRET ?? '')
const accounts = openAccounts(process.env.INBOX ?? 'accounts.sqlite')

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Error('too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Checks the signature, and that it is not older than five minutes, before it believes a word. */
const verify = async (request: IncomingMessage): Promise<Event | undefined> => {
  try {
    return webhook.verify(await read(request), request.headers as Record<string, string>) as Event
  } catch {
    return undefined
  }
}

const server = createServer(async (request, response) => {
  const event = await verify(request)
  if (!event) return response.writeHead(401).end()
  try {
    const isNew = accounts.take(event)
    process.stdout.write(`${event.type} ${event.id} ${isNew ? 'taken' : 'known'}\n`)
    // 2xx once the event has had its effect: Vestibule forgets it then.
    response.writeHead(204).end()
  } catch (error) {
    process.stderr.write(`${error}\n`)
    response.writeHead(500).end()
  }
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  process.stdout.write(`ready on port ${(server.address() as AddressInfo).port}\n`)
})
process.once('SIGTERM', () => server.close())
