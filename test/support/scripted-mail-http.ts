import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerWith } from './mail-service.ts'
import { type Attempt, createAttemptLog, type ScriptedMail } from './scripted-mail-log.ts'

export type HttpReply = (response: ServerResponse) => void

/** Takes the mail and keeps quiet about it. */
export const silence: HttpReply = () => {}
export const hangUp: HttpReply = response => void response.destroy()
export const garbage: HttpReply = response => void response.socket?.end('\0garbage\r\n\r\n')

/** A service behind MAIL_HTTP_PROVIDER=webhook. */
export const startScriptedHttp = async (): Promise<ScriptedMail<HttpReply>> => {
  const log = createAttemptLog()
  const accept = answerWith(202)
  let behaviour: (attempt: Attempt) => HttpReply | Promise<HttpReply> = () => accept

  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { to, text } = JSON.parse(body)
    const attempt = log.begin({ to, text, key: String(request.headers['idempotency-key']) })
    response.on('close', log.end)
    const reply = await behaviour(attempt)
    reply(response)
  })
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const goDown = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    ...log,
    accept,
    env: {
      MAIL_TRANSPORT: 'http',
      MAIL_HTTP_PROVIDER: 'webhook',
      MAIL_HTTP_URL: `http://127.0.0.1:${port}/`,
    },
    behave: next => {
      behaviour = next
    },
    goDown,
    comeBack: () => listen(port),
    close: async () => {
      if (server.listening) await goDown()
    },
  }
}
