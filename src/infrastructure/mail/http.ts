import { type Answer, accepted, type Explanation, failed, isSuccess } from '../http-answer.ts'
import { openHttpClient } from '../http-client.ts'
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

/** Hands mails over by one POST each. */
export const httpTransport = (
  provider: MailProvider,
  options: { url: string; timeoutMs: number },
): MailTransport => {
  const { post, concurrency, close } = openHttpClient({ ...options, path: provider.path })
  return {
    handOver: mail => {
      const { headers, body } = provider.request(mail)
      return post(headers, body, answer => judge(provider, answer))
    },
    concurrency,
    close,
  }
}

const judge = (provider: MailProvider, answer: Answer) =>
  isSuccess(answer) ? accepted(provider.idOf?.(answer)) : failed(answer, provider.explain?.(answer) ?? {})
