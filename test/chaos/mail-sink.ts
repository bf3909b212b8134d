import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeIn } from '../support/app.ts'
import type { Mail } from './history.ts'
import type { Random } from './random.ts'

/** How often a mail service has its moods while there is `trouble`, and what they are. */
const MOODS = ['drops its answer', 'refuses for now', 'asks for patience', 'is slow'] as const
const MOODY = 0.3
const SLOW_MS = 1500

/** A mail service behind MAIL_HTTP_PROVIDER=webhook, which keeps what it was given for whoever waits for it. */
export const startMailSink = async (random: Random) => {
  const mails: Mail[] = []
  const waiting = new Map<string, (mail: Mail) => void>()
  let trouble = false

  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const mood = trouble && random.chance(MOODY) ? random.pick(MOODS) : undefined
    if (mood === 'refuses for now') return void response.writeHead(500).end()
    if (mood === 'asks for patience') return void response.writeHead(429, { 'retry-after': '1' }).end()

    const { to, text, correlation_id: operationId } = JSON.parse(body)
    const id = String(request.headers['idempotency-key'])
    const mail: Mail = { id, operationId, to, code: codeIn({ text }), arrivedAt: performance.now() }
    mails.push(mail)
    waiting.get(operationId)?.(mail)
    if (mood === 'drops its answer') return void response.destroy()
    if (mood === 'is slow') await sleep(SLOW_MS)
    accept(mail, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    env: {
      MAIL_TRANSPORT: 'http',
      MAIL_HTTP_PROVIDER: 'webhook',
      MAIL_HTTP_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    },
    mails,
    beTroubled: (is: boolean): void => {
      trouble = is
    },
    /** Waits for the first mail that one of these operations asked for; nothing when none comes in time. */
    mailOf: (operationIds: readonly string[], withinMs: number): Promise<Mail | undefined> =>
      new Promise(resolve => {
        const there = mails.find(({ operationId }) => operationIds.includes(operationId))
        if (there) return resolve(there)
        const end = (mail?: Mail) => {
          clearTimeout(timer)
          for (const id of operationIds) waiting.delete(id)
          resolve(mail)
        }
        const timer = setTimeout(end, withinMs)
        for (const id of operationIds) waiting.set(id, end)
      }),
    stop: async (): Promise<void> => {
      server.close()
      server.closeAllConnections()
    },
  }
}

export type MailSink = Awaited<ReturnType<typeof startMailSink>>

/** It is accepted for certain only if the answer could be written whole. */
const accept = (mail: Mail, response: ServerResponse): void => {
  response.once('finish', () => {
    mail.acceptedAt = performance.now()
  })
  response.writeHead(202).end()
}
