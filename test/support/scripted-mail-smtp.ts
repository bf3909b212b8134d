import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { type Attempt, createAttemptLog, type ScriptedMail } from './scripted-mail-log.ts'
import { refusal } from './smtp-servers.ts'

/** What a server says to a mail it has whole: an answer, `hang up`, or nothing at all. */
export type SmtpReply = { code: number; says: string } | 'hang up' | 'silence'

/** A mail server that takes everything up to the end of DATA, and then does what the test says. */
export const startScriptedSmtp = async (): Promise<ScriptedMail<SmtpReply>> => {
  const log = createAttemptLog()
  const accept: SmtpReply = { code: 250, says: 'OK' }
  let behaviour: (attempt: Attempt) => SmtpReply | Promise<SmtpReply> = () => accept
  const sockets = new Map<number | undefined, Socket>()

  const open = async (port: number): Promise<SMTPServer> => {
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      closeTimeout: 1,
      onData: async (stream, session, done) => {
        let text = ''
        for await (const chunk of stream) text += chunk
        const to = session.envelope.rcptTo[0]?.address ?? ''
        const key = /^Message-ID: (.*)\r$/im.exec(text)?.[1] ?? ''
        const attempt = log.begin({ to, text, key })
        const reply = await behaviour(attempt)
        const socket = sockets.get(session.remotePort)
        if (reply === 'silence') return void socket?.on('close', log.end)
        log.end()
        if (reply === 'hang up') socket?.destroy()
        else if (reply.code < 300) done()
        else done(refusal(reply.code, reply.says))
      },
    })
    server.on('error', () => {})
    server.server.on('connection', (socket: Socket) => {
      const { remotePort } = socket
      sockets.set(remotePort, socket)
      socket.on('close', () => sockets.delete(remotePort))
    })
    server.listen(port, '127.0.0.1')
    await once(server.server, 'listening')
    return server
  }

  let server = await open(0)
  const { port } = server.server.address() as AddressInfo
  const goDown = async (): Promise<void> => {
    const closed = new Promise<void>(resolve => server.close(resolve))
    for (const socket of sockets.values()) socket.destroy()
    await closed
  }
  return {
    ...log,
    accept,
    env: { MAIL_TRANSPORT: 'smtp', SMTP_URL: `smtp://127.0.0.1:${port}` },
    behave: next => {
      behaviour = next
    },
    goDown,
    comeBack: async () => {
      server = await open(port)
    },
    close: async () => {
      if (server.server.listening) await goDown()
    },
  }
}
