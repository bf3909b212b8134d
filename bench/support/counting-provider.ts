// A mail service and a receiver of events in a process of its own, which accepts everything after DELAY_MS and
// remembers what it has seen. Says where it listens, and what it has counted whenever it is asked.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What has come in: how often, how often for the first time, and when those that came first did (ms). */
export type Counted = { total: number; distinct: number; at: number[] }
export type Counts = { mail: Counted; event: Counted; cpuSeconds: number }

const delayMs = Number(process.env.DELAY_MS ?? 0)
const seen = { mail: collect(), event: collect() }

const server = createServer(async (request, response) => {
  request.resume()
  const { 'idempotency-key': mail, 'webhook-id': event } = request.headers
  if (request.url === '/mail') seen.mail.take(String(mail))
  else seen.event.take(String(event))
  if (delayMs > 0) await sleep(delayMs)
  response.end()
})
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

process.on('message', (asked: 'count' | 'forget') => {
  const { user, system } = process.cpuUsage()
  const counts: Counts = {
    mail: seen.mail.counted(),
    event: seen.event.counted(),
    cpuSeconds: (user + system) / 1e6,
  }
  if (asked === 'forget') for (const kind of Object.values(seen)) kind.forget()
  process.send?.(counts)
})

function collect() {
  const ids = new Set<string>()
  let at: number[] = []
  let total = 0
  return {
    take: (id: string): void => {
      total += 1
      if (!ids.has(id)) at.push(performance.now())
      ids.add(id)
    },
    counted: (): Counted => ({ total, distinct: ids.size, at }),
    forget: (): void => {
      ids.clear()
      at = []
      total = 0
    },
  }
}
