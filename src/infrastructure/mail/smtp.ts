import { createTransport } from 'nodemailer'
import type { FailureClass, HandOverResult } from '../../application/outbox.ts'
import { parseMailbox } from './mailbox-address.ts'
import type { MailTransport } from './transport.ts'

/** More connections than this from one client is what mail servers commonly refuse. */
const CONNECTIONS = 20

/**
 * Hands mails over by SMTP, on a pool of connections that is kept. Each step of the conversation may take
 * `timeoutMs`, and so may all of it together: a server that dawdles at every step would outlast the lease.
 */
export const smtpTransport = (options: { url: string; timeoutMs: number }): MailTransport => {
  const transporter = createTransport({
    url: options.url,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: Number.POSITIVE_INFINITY,
    connectionTimeout: options.timeoutMs,
    greetingTimeout: options.timeoutMs,
    socketTimeout: options.timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })

  return {
    handOver: async mail => {
      try {
        await transporter.sendMail({
          from: mail.from,
          to: { name: '', address: mail.to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: `<${mail.id}@${parseMailbox(mail.from).address.split('@')[1]}>`,
          headers: { 'X-Correlation-Id': mail.correlationId, 'Auto-Submitted': 'auto-generated' },
          signal: AbortSignal.timeout(options.timeoutMs),
        })
        return { result: 'accepted' }
      } catch (error) {
        return failure(error)
      }
    },
    concurrency: CONNECTIONS,
    close: () => transporter.close(),
  }
}

type SmtpError = { responseCode?: number; code?: string; message?: string }

const failure = (error: unknown): HandOverResult => {
  const { responseCode, code, message } = error as SmtpError
  return {
    result: 'failed',
    failure: failureOf(error as SmtpError),
    reason: responseCode ? `smtp ${responseCode}` : describe(code, message),
  }
}

/**
 * RFC 5321 §4.2.1: 5yz is permanent, 4yz transient. Only an answer about this mail (to MAIL FROM, RCPT TO or
 * DATA) can condemn it; refused credentials or a missing TLS condemn the set-up, which someone may mend.
 */
const failureOf = ({ responseCode = 0, code = '' }: SmtpError): FailureClass => {
  if (SET_UP_CODES.has(responseCode) || (code === 'EAUTH' && responseCode >= 500) || code === 'ETLS') {
    return 'misconfigured'
  }
  const aboutThisMail = (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode >= 400
  if (!aboutThisMail || responseCode === SERVICE_CLOSES) return 'unavailable'
  return responseCode >= 500 ? 'refused' : 'deferred'
}

/** RFC 4954 §6 and RFC 3207 §4: log in first, in another way, with other credentials, after STARTTLS. */
const SET_UP_CODES = new Set([530, 534, 535, 538])
/** RFC 5321 §3.8: said at any step by a server that is going away. */
const SERVICE_CLOSES = 421

const describe = (code: string | undefined, message: string | undefined): string =>
  code === 'EABORT' ? 'no answer in time' : (code ?? message ?? 'unknown failure')
