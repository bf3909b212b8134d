// As much of HTTP/1.1 as a load needs, in as little processor time as it can be done: what asks and what is asked
// share the cores of one machine in a benchmark. Every message has a Content-Length, as all of the service's have.
import { connect, createServer, type Server, type Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i

/** Calls `heard` with each message of a connection. One without a Content-Length has no body here. */
export const readMessages = (socket: Socket, heard: (head: string, body: Buffer) => void): void => {
  let rest: Buffer | undefined
  socket.on('data', chunk => {
    let bytes: Buffer = rest ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const headEnd = bytes.indexOf(HEAD_END)
      if (headEnd < 0) break
      const head = bytes.toString('latin1', 0, headEnd)
      const bodyAt = headEnd + HEAD_END.length
      const end = bodyAt + Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0)
      if (bytes.length < end) break
      heard(head, bytes.subarray(bodyAt, end))
      bytes = bytes.subarray(end)
    }
    rest = bytes.length > 0 ? bytes : undefined
  })
}

/** What stands for the status of a request whose connection was closed or refused. */
export const NO_ANSWER = 0

/** Sends the bytes of a whole request, and resolves with the status of its answer. */
export type Ask = (request: string) => Promise<number>

/** Asks the services of these URLs by turns, over as many connections to each as there are requests at once. */
export const openConnections = (urls: readonly string[]): { ask: Ask; close: () => void } => {
  const services = urls.map(url => connectionsTo(new URL(url)))
  let turn = 0
  return {
    ask: request => {
      turn = (turn + 1) % services.length
      return services[turn]?.ask(request) ?? Promise.resolve(NO_ANSWER)
    },
    close: () => {
      for (const { close } of services) close()
    },
  }
}

const connectionsTo = ({ hostname, port }: URL): { ask: Ask; close: () => void } => {
  const idle: Connection[] = []
  const all = new Set<Connection>()

  const open = (): Connection => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    const connection: Connection = { socket, answered: undefined }
    all.add(connection)
    const answer = (status: number): void => {
      const { answered } = connection
      connection.answered = undefined
      answered?.(status)
    }
    readMessages(socket, head => {
      idle.push(connection)
      answer(Number(head.slice(9, 12)))
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      all.delete(connection)
      const place = idle.indexOf(connection)
      if (place >= 0) idle.splice(place, 1)
      answer(NO_ANSWER)
    })
    return connection
  }
  return {
    ask: request =>
      new Promise(resolve => {
        const connection = idle.pop() ?? open()
        connection.answered = resolve
        connection.socket.write(request, 'latin1')
      }),
    close: () => {
      for (const { socket } of all) socket.destroy()
    },
  }
}

type Connection = { socket: Socket; answered: ((status: number) => void) | undefined }

/** Answers everything with an empty 200, and hands on the body. */
export const acceptEverything = (heard: (body: Buffer) => void): Server =>
  createServer({ noDelay: true }, socket => {
    socket.on('error', () => {})
    readMessages(socket, (_head, body) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', 'latin1')
      heard(body)
    })
  })
