import { createTransport } from 'nodemailer'
import type SMTPPool from 'nodemailer/lib/smtp-pool'
import type { HandOverResult } from '../../application/outbox.ts'
import type { FailureClass } from '../../domain/failure.ts'
import { mailHeaders, messageId } from './mail-headers.ts'
import type { MailTransport } from './transport.ts'

/** More connections than this from one client is what mail servers commonly refuse. */
const CONNECTIONS = 20

/**
 * Hands mails over by SMTP, on a pool of connections that is kept. Each step of the conversation may take
 * `timeoutMs`, and so may all of it together: a server that dawdles at every step would keep a mail for minutes.
 */
export const smtpTransport = (options: SmtpOptions): MailTransport => {
  const connections = connectionsTo(options.url)
  const transporter = openPool(connections, options.timeoutMs)

  return {
    handOver: async mail => {
      try {
        const { response } = await transporter.sendMail({
          from: mail.from,
          to: { name: '', address: mail.to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: messageId(mail),
          headers: mailHeaders(mail),
          signal: AbortSignal.timeout(options.timeoutMs),
        })
        return { result: 'accepted', acceptedAs: QUEUE_ID.exec(response)?.[1] }
      } catch (error) {
        return failure(error as SmtpError)
      }
    },
    concurrency: connections.maxConnections,
    close: () => transporter.close(),
  }
}

/** Connects as for a mail, logs in if there are credentials, and hangs up. Does not throw. */
export const trySmtp = async (options: SmtpOptions): Promise<HandOverResult> => {
  const connections = connectionsTo(options.url)
  // Where there is nothing to log in with, it is no failure that a server would let others do so.
  const transporter = openPool(
    { ...connections, forceAuth: connections.auth !== undefined },
    options.timeoutMs,
  )
  try {
    await transporter.verify()
    return { result: 'accepted' }
  } catch (error) {
    return failure(error as SmtpError)
  } finally {
    transporter.close()
  }
}

type SmtpOptions = { url: string; timeoutMs: number }

const openPool = (connections: ReturnType<typeof connectionsTo>, timeoutMs: number) =>
  createTransport({
    ...connections,
    pool: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    // It would show mails whole, codes included.
    logger: false,
  })

/** How most mail servers end their last answer: `250 2.0.0 Ok: queued as 4ZkQ1T3xyz`, `250 OK id=1tKd2a-000-Ab`. */
const QUEUE_ID = /(?:queued as |\bid=)([\w.-]{1,64})$/i

/**
 * What the URL says, as nodemailer reads it: host, port, credentials, and options in the query.
 *
 * Credentials, and the codes that a mailbox is worth, must not cross a network in plain text because a server
 * stopped offering STARTTLS, or someone on the way struck it out of its answer (RFC 3207 §6). Therefore a URL
 * with credentials requires it, unless its host is this very machine or it says `requireTLS=false`. And whoever
 * has credentials logs in: a server that offers no login would take the mail for a stranger's and refuse it.
 */
const connectionsTo = (url: string) => {
  const said = createTransport(url).options as Partial<SMTPPool.Options>
  const mayBeSecret = Boolean(said.auth) && !LOOPBACK.test(said.host ?? '')
  return {
    ...said,
    maxConnections: Number(said.maxConnections) || CONNECTIONS,
    maxMessages: Number(said.maxMessages) || Number.POSITIVE_INFINITY,
    requireTLS: said.requireTLS || (said.requireTLS !== false && mayBeSecret),
    forceAuth: true,
  }
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i

/** What nodemailer throws; `command` is the step that failed, and `originalCode` what the socket said. */
type SmtpError = {
  responseCode?: number
  response?: string
  command?: string
  code?: string
  originalCode?: string
  message: string
}

const failure = (error: SmtpError): HandOverResult => ({
  result: 'failed',
  failure: failureOf(error),
  reason: describe(error),
})

/**
 * RFC 5321 §4.2.1: 5yz is permanent, 4yz transient. Only an answer to RCPT TO or DATA can judge this mail;
 * what is said before that would be said to every mail, since all of them have one sender.
 */
const failureOf = ({
  responseCode = 0,
  response = '',
  command,
  code,
  originalCode = '',
}: SmtpError): FailureClass => {
  const permanent = responseCode >= 500
  const transient = responseCode >= 400 && !permanent
  if (SET_UP_CODES.has(responseCode) || TLS_TROUBLE.test(originalCode)) return 'misconfigured'
  if (code === 'EAUTH') return transient ? 'unavailable' : 'misconfigured'
  if (code === 'ETLS') return permanent ? 'misconfigured' : 'unavailable'

  const isReply = permanent || transient
  const aboutThisMail = isReply && MAIL_STEPS.has(command) && !SESSION_CODES.has(responseCode)
  if (responseCode === THROTTLED || (!aboutThisMail && POLICY.test(response))) return 'rate_limited'
  if (aboutThisMail) return permanent ? 'refused' : 'deferred'
  return command === 'MAIL FROM' && permanent ? 'misconfigured' : 'unavailable'
}

/** RFC 4954 §6 and RFC 3207 §4: log in first, in another way, with other credentials, after STARTTLS. */
const SET_UP_CODES = new Set([530, 534, 535, 538])
/** What OpenSSL and Node call certificates that they do not trust, and peers that speak no TLS or another one. */
const TLS_TROUBLE = /^ERR_(SSL|TLS)_|CERT|ISSUER|SIGNATURE|^INVALID_/
const MAIL_STEPS = new Set<string | undefined>(['RCPT TO', 'DATA'])
/** RFC 5321 §3.8: 421 is said at any step by a server that is going away; 503, the session is out of step. */
const SESSION_CODES = new Set([421, 503])
/** Amazon SES says so. */
const THROTTLED = 454
/** RFC 3463 §3.8. Said of a recipient it is often greylisting; said of nobody in particular, a rate limit. */
const POLICY = /^4\d\d[ -]4\.7\./

const describe = ({ responseCode, command, code, originalCode, message }: SmtpError): string => {
  if (code === 'EABORT') return 'no answer in time'
  if (!responseCode) return originalCode ?? code ?? message
  return command && command !== 'CONN' ? `smtp ${responseCode} to ${command}` : `smtp ${responseCode}`
}
