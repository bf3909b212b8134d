import { Agent, request } from 'undici'
import type { FailureClass, HandOverResult } from '../../application/outbox.ts'
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
        return { result: 'failed', failure: 'unavailable', reason: describe(error) }
      }
    },
    concurrency: CONNECTIONS,
    close: () => void agent.destroy(),
  }
}

const judge = (status: number, retryAfter: string | string[] | undefined): HandOverResult => {
  if (status >= 200 && status < 300) return { result: 'accepted' }
  return {
    result: 'failed',
    failure: failureOf(status),
    reason: `http ${status}`,
    retryAfterSeconds: retryAfterSeconds(retryAfter),
  }
}

/** RFC 9110 §15. A 4xx that blames neither the set-up nor the moment judges this very mail. */
const failureOf = (status: number): FailureClass => {
  if (MISCONFIGURED.has(status) || (status >= 300 && status < 400)) return 'misconfigured'
  if (status === 429) return 'rate_limited'
  if (DEFERRED.has(status)) return 'deferred'
  return status >= 400 && status < 500 && !UNAVAILABLE_4XX.has(status) ? 'refused' : 'unavailable'
}

/** What someone can mend: the key, the bill, the permission, the address. */
const MISCONFIGURED = new Set([401, 402, 403, 404, 405, 407])
/** A request with the same idempotency key is being answered just now; the resource is locked. */
const DEFERRED = new Set([409, 423])
const UNAVAILABLE_4XX = new Set([408, 421, 425])

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
