import { createTransport } from 'nodemailer'
import type { HandOverResult } from '../../application/outbox.ts'
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

/**
 * RFC 5321 §4.2.1: 5yz is permanent, 4yz transient. Only an answer about this mail (to MAIL FROM, RCPT TO or
 * DATA) can condemn it; refused credentials or a refused greeting condemn the set-up, which someone may mend.
 */
const failure = (error: unknown): HandOverResult => {
  const { responseCode, code, message } = error as { responseCode?: number; code?: string; message?: string }
  const aboutThisMail = code === 'EENVELOPE' || code === 'EMESSAGE'
  const permanent = aboutThisMail && responseCode !== undefined && responseCode >= 500
  return {
    result: 'failed',
    permanent,
    reason: responseCode ? `smtp ${responseCode}` : describe(code, message),
  }
}

const describe = (code: string | undefined, message: string | undefined): string =>
  code === 'EABORT' ? 'no answer in time' : (code ?? message ?? 'unknown failure')
