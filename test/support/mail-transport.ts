import type { ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { httpTransport } from '../../src/infrastructure/mail/http.ts'
import { webhook } from '../../src/infrastructure/mail/providers/webhook.ts'
import { startMailService } from './mail-service.ts'
import { outgoingMail } from './messages.ts'

/** `timeoutMs` is long for those that get an answer, and short for those that wait for none. */
export const openTransport = (t: TestContext, url: string, timeoutMs = 10_000) => {
  const transport = httpTransport(webhook(undefined), { url, timeoutMs })
  t.after(transport.close)
  return transport
}

/** What comes of a mail that a service answers like that. */
export const handOverTo = async (
  t: TestContext,
  answer: (response: ServerResponse) => void,
  timeoutMs?: number,
) => {
  const { url } = await startMailService(t, answer)
  return openTransport(t, url, timeoutMs).handOver(outgoingMail())
}
