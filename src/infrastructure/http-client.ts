import { Agent, type Dispatcher, request } from 'undici'
import type { HandOverResult } from '../application/outbox.ts'
import type { Answer } from './http-answer.ts'

/** Posts to one address, on connections that are kept. */
export type HttpClient = {
  /** Posts, and returns what `judge` makes of the answer, or a failure if there was none. Does not throw. */
  post: (
    headers: Record<string, string>,
    body: string,
    judge: (answer: Answer) => HandOverResult,
  ) => Promise<HandOverResult>
  /** How many posts are under way at once, at most: at 100 ms each, a thousand a second. */
  concurrency: number
  /** Ends what is under way. */
  close: () => void
}

const CONNECTIONS = 100
/** Nobody needs more of an answer than this. */
const MAX_BODY_BYTES = 64 * 1024
/** The status has said what matters; what follows it is not waited for any longer. */
const BODY_MS = 1000
/** Resend answers 403 to a request without one. */
const USER_AGENT = 'vestibule'

/**
 * Follows no redirects; waits for connection and answer together at most `timeoutMs`. A user and a password in
 * `url` are sent as Basic credentials. `path` is appended to that of `url`.
 */
export const openHttpClient = (options: { url: string; path?: string; timeoutMs: number }): HttpClient => {
  const { timeoutMs } = options
  const { url, credentials } = takeApart(options.url, options.path ?? '')
  const agent = new Agent({
    connections: CONNECTIONS,
    connect: { timeout: timeoutMs, rejectUnauthorized: true },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })

  return {
    post: async (headers, body, judge) => {
      // Not AbortSignal.timeout(), whose timer would go on for each post that has long been answered.
      const inTime = new AbortController()
      const deadline = setTimeout(() => inTime.abort(new Error('no answer in time')), timeoutMs)
      try {
        const response = await request(url, {
          method: 'POST',
          dispatcher: agent,
          headers: { accept: 'application/json', 'user-agent': USER_AGENT, ...credentials, ...headers },
          body,
          signal: inTime.signal,
        })
        return judge(await read(response))
      } catch (error) {
        return { result: 'failed', ...describe(error) }
      } finally {
        clearTimeout(deadline)
      }
    },
    concurrency: CONNECTIONS,
    close: () => void agent.destroy(),
  }
}

const takeApart = (address: string, path: string) => {
  const url = new URL(address)
  if (path) url.pathname = url.pathname.replace(/\/+$/, '') + path
  const { username, password } = url
  url.username = url.password = ''
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const credentials = { authorization: basic(pair) }
  return { url, credentials: username || password ? credentials : {} }
}

/** RFC 7617 §2. */
export const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`

/** The status alone decides: a body that is cut, endless, too large or garbage is as good as none. */
const read = async ({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> => {
  const answer = { status: statusCode, headers, body: undefined }
  const deadline = setTimeout(() => body.destroy(), BODY_MS)
  try {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body) {
      size += chunk.length
      if (size > MAX_BODY_BYTES) return answer
      chunks.push(chunk)
    }
    // Asked first, since to fail at parsing nothing is dear.
    return size === 0 ? answer : { ...answer, body: JSON.parse(Buffer.concat(chunks).toString()) }
  } catch {
    return answer
  } finally {
    clearTimeout(deadline)
  }
}

/** A certificate that is not trusted stays so until someone mends it, here or there. */
export const blamesCertificate = (code: unknown): boolean => /CERT|LEAF_SIGNATURE/.test(String(code))

const describe = (error: unknown) => {
  const { code, message } = error as { code?: string; message?: string }
  const failure = blamesCertificate(code) ? 'misconfigured' : 'unavailable'
  return { failure, reason: code ?? message ?? 'unknown failure' } as const
}
