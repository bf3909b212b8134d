import { connect } from 'node:net'
import type { Answer } from './client.ts'

/** An answer, and whether the service closed the connection after it. */
export type RawAnswer = Answer & { closed: boolean }

/**
 * Sends bytes as they are over a connection of their own and reads the first final answer to them; `undefined`
 * when the service closes the connection without one.
 */
export const sendRaw = (url: string, bytes: string | Buffer): Promise<RawAnswer | undefined> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    let received = Buffer.alloc(0)
    let answer: Answer | undefined

    const end = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer && { ...answer, closed })
    }
    const timer = setTimeout(() => reject(new Error(`no answer, only: ${received}`)), 30_000)
    // A service that closes while bytes are still coming resets the connection.
    socket.on('error', () => end(true))
    socket.on('end', () => end(true))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      answer ??= readAnswer(received)
      if (answer && answer.headers.get('connection') !== 'close') end(false)
    })
    socket.write(bytes)
  })

/** A request as text: a request line, headers (one string each) and a body, which is counted unless told not to. */
export const request = (
  line: string,
  headers: string[] = [],
  body?: string | Buffer,
  framing: 'counted' | 'as it is' = 'counted',
): Buffer => {
  const counted = body !== undefined && framing === 'counted'
  const head = [
    line,
    ...(/ HTTP\/1\.1$/.test(line) ? ['Host: localhost'] : []),
    ...headers,
    ...(counted ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(body ?? '')])
}

const readAnswer = (received: Buffer): Answer | undefined => {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = received.subarray(0, headEnd).toString('latin1').split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  const rest = received.subarray(headEnd + 4)
  if (status < 200) return readAnswer(rest)

  const headers = new Headers(lines.map(line => /^([^:]*):(.*)$/.exec(line)?.slice(1) as [string, string]))
  const length = Number(headers.get('content-length'))
  if (rest.length < length) return undefined
  const text = rest.subarray(0, length).toString()
  return {
    status,
    headers,
    body: /json/.test(headers.get('content-type') ?? '') ? JSON.parse(text) : { text },
  }
}
