import { Agent, type Dispatcher, request } from 'undici'
import { type Answer, accepted, type Explanation, failed } from './http-answer.ts'
import type { MailTransport, OutgoingMail } from './transport.ts'

/** What one provider's API wants to receive, and what it means by its answers. Any 2xx is taken for acceptance. */
export type MailProvider = {
  /** Where mails are posted, below the address of the service. */
  readonly path: string
  readonly request: (mail: OutgoingMail) => { headers: Record<string, string>; body: string }
  /** How the provider calls the mail that it has accepted. */
  readonly idOf?: (answer: Answer) => unknown
  readonly explain?: (answer: Answer) => Explanation
}

/** Mails in flight at once: at 100 ms each, a thousand a second. */
const CONNECTIONS = 100
/** Nobody needs more of an answer than this. */
const MAX_BODY_BYTES = 64 * 1024
/** The status has said what matters; what follows it is not waited for any longer. */
const BODY_MS = 1000
/** Resend answers 403 to a request without one. */
const USER_AGENT = 'vestibule'

/**
 * Hands mails over by one POST each, on connections that are kept. Follows no redirects; waits for connection
 * and answer together at most `timeoutMs`. A user and a password in `url` are sent as Basic credentials.
 */
export const httpTransport = (
  provider: MailProvider,
  options: { url: string; timeoutMs: number },
): MailTransport => {
  const { timeoutMs } = options
  const { url, credentials } = takeApart(options.url, provider.path)
  const agent = new Agent({
    connections: CONNECTIONS,
    connect: { timeout: timeoutMs, rejectUnauthorized: true },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })

  return {
    handOver: async mail => {
      const { headers, body } = provider.request(mail)
      try {
        const response = await request(url, {
          method: 'POST',
          dispatcher: agent,
          headers: { accept: 'application/json', 'user-agent': USER_AGENT, ...credentials, ...headers },
          body,
          signal: AbortSignal.timeout(timeoutMs),
        })
        return judge(provider, await read(response))
      } catch (error) {
        return { result: 'failed', ...describe(error) }
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

const judge = (provider: MailProvider, answer: Answer) =>
  answer.status >= 200 && answer.status < 300
    ? accepted(provider.idOf?.(answer))
    : failed(answer, provider.explain?.(answer) ?? {})

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
    return { ...answer, body: JSON.parse(Buffer.concat(chunks).toString()) }
  } catch {
    return answer
  } finally {
    clearTimeout(deadline)
  }
}

/** A certificate that is not trusted stays so until someone mends it, here or there. */
const describe = (error: unknown) => {
  const { code, name, message } = error as { code?: string; name?: string; message?: string }
  const failure = /CERT|LEAF_SIGNATURE/.test(code ?? '') ? 'misconfigured' : 'unavailable'
  const reason = name === 'TimeoutError' ? 'no answer in time' : (code ?? message ?? 'unknown failure')
  return { failure, reason } as const
}
