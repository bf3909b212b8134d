import { consoleTransport } from './console.ts'
import { httpTransport, type MailProvider } from './http.ts'
import { mailpit } from './providers/mailpit.ts'
import { webhook } from './providers/webhook.ts'
import { smtpTransport } from './smtp.ts'
import type { MailTransport } from './transport.ts'

const PROVIDERS = { mailpit, webhook } satisfies Record<string, MailProvider>

export type MailSettings =
  | { readonly transport: 'console' }
  | { readonly transport: 'smtp'; readonly url: string }
  | { readonly transport: 'http'; readonly provider: keyof typeof PROVIDERS; readonly url: string }

/** The way to the mail service that the configuration names. */
export const openMailTransport = (mail: MailSettings, timeoutMs: number): MailTransport => {
  switch (mail.transport) {
    case 'console':
      return consoleTransport(text => process.stdout.write(text))
    case 'smtp':
      return smtpTransport({ url: mail.url, timeoutMs })
    case 'http':
      return httpTransport(PROVIDERS[mail.provider], { url: mail.url, timeoutMs })
  }
}
