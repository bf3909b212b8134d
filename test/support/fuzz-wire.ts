import { connect, type Socket } from 'node:net'
import type { Answer } from './client.ts'

/** An answer as it came over the wire; `text` is all of it, head and body. */
export type WireAnswer = Answer & { text: string }

/** A service that says something which is no HTTP/1.1. */
export class NotHttp extends Error {
  override readonly name = 'NotHttp'
}

/**
 * Reads the first final answer, strictly: HTTP/1.1, header lines that are some, a body of exactly the length that
 * is announced. `undefined` while it is not all there.
 */
export const readAnswer = (
  received: Buffer,
  isHead = false,
): { answer: WireAnswer; length: number } | undefined => {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = received.subarray(0, headEnd).toString('latin1')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e]*$/.exec(statusLine)?.[1] ?? Number.NaN)
  if (Number.isNaN(status)) throw new NotHttp(`status line: ${JSON.stringify(statusLine.slice(0, 200))}`)
  const start = headEnd + 4
  if (status < 200) {
    if (lines.length > 0) throw new NotHttp(`an interim answer with headers: ${head}`)
    const next = readAnswer(received.subarray(start), isHead)
    return next && { answer: next.answer, length: start + next.length }
  }

  const headers = new Headers()
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new NotHttp(`header: ${JSON.stringify(line)}`)
    headers.append(name, value)
  }
  const length = bodyLength(headers, status, isHead)
  if (received.length < start + length) return undefined
  const body = received.subarray(start, start + length).toString()
  const isJson = body !== '' && /json/.test(headers.get('content-type') ?? '')
  return {
    answer: {
      status,
      headers,
      body: isJson ? JSON.parse(body) : { text: body },
      text: `${head}\r\n\r\n${body}`,
    },
    length: start + length,
  }
}

/** Vestibule counts every body it sends. */
const bodyLength = (headers: Headers, status: number, isHead: boolean): number => {
  if (headers.has('transfer-encoding')) throw new NotHttp('an answer in chunks')
  const counted = headers.get('content-length')
  if (isHead || status === 204 || status === 304) return 0
  if (!/^\d+$/.test(counted ?? '')) throw new NotHttp(`Content-Length: ${counted}`)
  return Number(counted)
}

/** A client with one connection that it keeps, and opens again when the service has closed it. */
export const openWire = (url: string) => {
  const { hostname, port } = new URL(url)
  let socket: Socket | undefined

  return {
    /** Sends a request and reads the answer; `undefined` when the connection is closed without one. */
    ask: (bytes: Buffer, isHead = false): Promise<WireAnswer | undefined> =>
      new Promise((resolve, reject) => {
        const own = socket ?? connect({ host: hostname, port: Number(port), noDelay: true })
        socket = own
        let received = Buffer.alloc(0)
        const done = (settle: () => void, keep: boolean) => {
          clearTimeout(timer)
          own.removeAllListeners()
          own.on('error', () => {})
          if (!keep) {
            own.destroy()
            socket = undefined
          }
          settle()
        }
        const timer = setTimeout(
          () => done(() => reject(new Error(`no answer within 30 s, only: ${received}`)), false),
          30_000,
        )
        own.on('error', () => done(() => resolve(undefined), false))
        own.on('close', () => done(() => resolve(undefined), false))
        own.on('data', chunk => {
          received = Buffer.concat([received, chunk])
          try {
            const read = readAnswer(received, isHead)
            if (!read) return
            if (read.length < received.length) throw new NotHttp(`more than an answer: ${received}`)
            done(() => resolve(read.answer), read.answer.headers.get('connection') !== 'close')
          } catch (error) {
            done(() => reject(error), false)
          }
        })
        own.write(bytes)
      }),
    close: (): void => {
      socket?.destroy()
      socket = undefined
    },
  }
}

export type Wire = ReturnType<typeof openWire>
