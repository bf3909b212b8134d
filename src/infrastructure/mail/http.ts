import { Agent, request } from 'undici'
import type { HandOverResult } from '../../application/outbox.ts'
import type { MailTransport, OutgoingMail } from './transport.ts'

/** What one provider's API wants to receive. Any 2xx is taken for acceptance. */
export type MailProvider = {
  /** Where mails are posted, below the address of the service. */
  readonly path: string
  readonly request: (mail: OutgoingMail) => { headers: Record<string, string>; body: string }
}

/** Mails in flight at once: at 100 ms each, a thousand a second. */
const CONNECTIONS = 100
/** Nobody needs more of an error page than this. */
const MAX_RESPONSE_BYTES = 64 * 1024

/**
 * Hands mails over by one POST each, on connections that are kept. Follows no redirects; waits for connection
 * and answer together at most `timeoutMs`.
 */
export const httpTransport = (
  provider: MailProvider,
  options: { url: string; timeoutMs: number },
): MailTransport => {
  const { timeoutMs } = options
  const url = provider.path ? options.url.replace(/\/+$/, '') + provider.path : options.url
  const agent = new Agent({
    connections: CONNECTIONS,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_RESPONSE_BYTES,
  })

  return {
    handOver: async mail => {
      const { headers, body } = provider.request(mail)
      try {
        const response = await request(url, {
          method: 'POST',
          dispatcher: agent,
          headers,
          body,
          signal: AbortSignal.timeout(timeoutMs),
        })
        // The status alone decides; what follows it may be lost or be garbage.
        response.body.dump().catch(() => {})
        return judge(response.statusCode, response.headers['retry-after'])
      } catch (error) {
        return { result: 'failed', permanent: false, reason: describe(error) }
      }
    },
    concurrency: CONNECTIONS,
    close: () => void agent.destroy(),
  }
}

/** 408, 425 and 429 pass; so may 401 and 403, once someone mends the key. Other 4xx judge this very mail. */
const TRANSIENT_4XX = new Set([401, 403, 404, 405, 408, 425, 429])

const judge = (status: number, retryAfter: string | string[] | undefined): HandOverResult => {
  if (status >= 200 && status < 300) return { result: 'accepted' }
  return {
    result: 'failed',
    permanent: status >= 400 && status < 500 && !TRANSIENT_4XX.has(status),
    reason: `http ${status}`,
    retryAfterSeconds: retryAfterSeconds(retryAfter),
  }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
const retryAfterSeconds = (header: string | string[] | undefined): number | undefined => {
  if (typeof header !== 'string') return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000)
}

const describe = (error: unknown): string => {
  const { code, name, message } = error as { code?: string; name?: string; message?: string }
  return name === 'TimeoutError' ? 'no answer in time' : (code ?? message ?? 'unknown failure')
}
