import type { IncomingHttpHeaders } from 'node:http'
import type { TestContext } from 'node:test'
import type { HandOverResult } from '../../src/application/outbox.ts'
import { httpTransport, type MailProvider } from '../../src/infrastructure/mail/http.ts'
import type { OutgoingMail } from '../../src/infrastructure/mail/transport.ts'
import { answerWith, startMailService } from './mail-service.ts'
import { outgoingMail } from './messages.ts'

/** What comes of a mail when its provider gives this answer. */
export const answerTo = async (
  t: TestContext,
  provider: MailProvider,
  answer: { status: number; headers?: Record<string, string>; body?: unknown },
): Promise<HandOverResult> => {
  const { url } = await startMailService(t, answerWith(answer.status, answer.headers, answer.body))
  return handOver(t, provider, url, outgoingMail())
}

/** The request that a provider gets for a mail. */
export const requestOf = async (t: TestContext, provider: MailProvider, mail: OutgoingMail) => {
  const { url, received } = await startMailService(t, answerWith(200))
  await handOver(t, provider, url, mail)
  const { method = '', path = '', headers = {} as IncomingHttpHeaders, body = '' } = received[0] ?? {}
  return { route: `${method} ${path}`, headers, body: String(body) }
}

const handOver = (t: TestContext, provider: MailProvider, url: string, mail: OutgoingMail) => {
  const transport = httpTransport(provider, { url, timeoutMs: 10_000 })
  t.after(transport.close)
  return transport.handOver(mail)
}
