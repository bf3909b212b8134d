import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { smtpTransport } from '../../src/infrastructure/mail/smtp.ts'

/** The transport under test, for as long as the test. */
export const openTransport = (t: TestContext, url: string, timeoutMs = 10_000) => {
  const transport = smtpTransport({ url, timeoutMs })
  t.after(transport.close)
  return transport
}

export type Received = {
  from: string
  to: string[]
  raw: string
  /** Of the connection it came by. */
  connection: string
  encrypted: boolean
  /** Who was logged in. */
  user: string | undefined
}

/** A mail server that accepts everything, but for the step that the test replaces. */
export const startMailServer = async (t: TestContext, steps: SMTPServerOptions = {}, atPort = 0) => {
  const received: Received[] = []
  const server = new SMTPServer({
    // A server with a certificate offers it.
    disabledCommands: steps.cert ? [] : ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    onData: async (stream, session, done) => {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const { mailFrom, rcptTo } = session.envelope
      received.push({
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map(({ address }) => address),
        raw: Buffer.concat(chunks).toString(),
        connection: session.id,
        encrypted: session.secure,
        user: session.user,
      })
      done()
    },
    ...steps,
  })
  server.on('error', () => {})
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(atPort, '127.0.0.1')
  await once(server.server, 'listening')
  const stop = () => new Promise<void>(resolve => server.close(resolve))
  t.after(stop)
  const { port } = server.server.address() as AddressInfo
  const cutConnections = () => {
    for (const socket of sockets) socket.destroy()
  }
  return { url: `smtp://127.0.0.1:${port}`, port, received, cutConnections, stop }
}

export type Step =
  | 'greeting'
  | 'EHLO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'content'
  | 'RSET'
  | 'QUIT'
const USUAL = { greeting: '220 mail.example ESMTP', DATA: '354 go on' }
export const SILENCE = ''
export const HANG_UP = 'hang up'

/** A mail server down to the socket, which answers what the test says, and "250 ok" to everything else. */
export const startScriptedServer = async (
  t: TestContext,
  answers: Partial<Record<Step, string>>,
  delayMs = 0,
) => {
  const script: Partial<Record<Step, string>> = { ...USUAL, ...answers }
  const steps: string[] = []
  const commands: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    const answer = (step: Step) => {
      steps.push(step)
      const text = script[step] ?? '250 ok'
      if (text === HANG_UP) socket.destroy()
      else if (text !== SILENCE) setTimeout(() => socket.write(`${text}\r\n`), delayMs)
    }
    let content: string | undefined
    socket.on('data', data => {
      if (content === undefined) {
        const command = data.toString().trimEnd()
        commands.push(command)
        answer(command.split(/[ :]/)[0] as Step)
        if (command === 'DATA') content = ''
      } else {
        content += data.toString()
        if (!content.endsWith('\r\n.\r\n')) return
        content = undefined
        answer('content')
      }
    })
    answer('greeting')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `smtp://127.0.0.1:${port}`, port, steps, commands }
}

/** What a mail server throws to refuse a step with this code, and with what it says about it. */
export const refusal = (responseCode: number, says = 'no'): Error =>
  Object.assign(new Error(says), { responseCode })

/** Stands between a client and the server on a port of this machine, and writes down what the client sends. */
export const startWiretap = async (t: TestContext, serverPort: number) => {
  const chunks: Buffer[] = []
  const server = createServer(client => {
    const upstream = connect(serverPort, '127.0.0.1')
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.on('data', chunk => chunks.push(chunk))
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return {
    port: (server.address() as AddressInfo).port,
    crossed: () => Buffer.concat(chunks).toString('latin1'),
  }
}
