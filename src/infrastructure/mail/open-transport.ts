import { consoleTransport } from './console.ts'
import { httpTransport, type MailProvider } from './http.ts'
import { mailgun } from './providers/mailgun.ts'
import { mailpit } from './providers/mailpit.ts'
import { postmark } from './providers/postmark.ts'
import { resend } from './providers/resend.ts'
import { sendgrid } from './providers/sendgrid.ts'
import { webhook } from './providers/webhook.ts'
import { smtpTransport } from './smtp.ts'
import type { MailTransport } from './transport.ts'

/** What the configuration says of a provider: the key it knows us by, or what the `webhook` is signed with. */
type Secrets = { readonly apiKey: string; readonly webhookSecret: string | undefined }

const PROVIDERS = {
  mailpit: () => mailpit,
  webhook: ({ webhookSecret }, now) => webhook(webhookSecret, now),
  resend: ({ apiKey }) => resend(apiKey),
  sendgrid: ({ apiKey }) => sendgrid(apiKey),
  postmark: ({ apiKey }) => postmark(apiKey),
  mailgun: ({ apiKey }) => mailgun(apiKey),
} satisfies Record<string, (secrets: Secrets, now?: () => Date) => MailProvider>

export type MailSettings =
  | { readonly transport: 'console' }
  | { readonly transport: 'smtp'; readonly url: string }
  | ({
      readonly transport: 'http'
      readonly provider: keyof typeof PROVIDERS
      readonly url: string
    } & Secrets)

/** The way to the mail service that the configuration names. `now` is the time that a signature says. */
export const openMailTransport = (mail: MailSettings, timeoutMs: number, now?: () => Date): MailTransport => {
  switch (mail.transport) {
    case 'console':
      return consoleTransport(text => process.stdout.write(text))
    case 'smtp':
      return smtpTransport({ url: mail.url, timeoutMs })
    case 'http':
      return httpTransport(PROVIDERS[mail.provider](mail, now), { url: mail.url, timeoutMs })
  }
}
