import type { Reader } from './reader.ts'
import { readWebhookSecret } from './webhook-secret.ts'

export type MailConfig =
  | { readonly transport: 'mailbox' }
  | { readonly transport: 'console' }
  | { readonly transport: 'smtp'; readonly url: string }
  | {
      readonly transport: 'http'
      readonly provider: MailProviderName
      readonly url: string
      /** Empty where the provider has none. */
      readonly apiKey: string
      /** What the provider `webhook` signs its requests with. */
      readonly webhookSecret: string | undefined
    }

const MAIL_PROVIDERS = ['mailpit', 'webhook', 'resend', 'sendgrid', 'postmark', 'mailgun'] as const
type MailProviderName = (typeof MAIL_PROVIDERS)[number]

/** Providers with one address for everybody. */
const MAIL_HTTP_URLS: Partial<Record<MailProviderName, string>> = {
  resend: 'https://api.resend.com',
  sendgrid: 'https://api.sendgrid.com',
  postmark: 'https://api.postmarkapp.com',
}

export const readMail = (read: Reader, production: boolean, embedded: boolean): MailConfig => {
  const transports = ['mailbox', 'console', 'smtp', 'http'] as const
  const transport = read.oneOf('MAIL_TRANSPORT', transports, embedded ? 'mailbox' : 'console')
  if (production && (transport === 'mailbox' || transport === 'console')) {
    read.problem('MAIL_TRANSPORT', 'must be smtp or http when NODE_ENV=production: the others reach nobody')
  }
  if (transport === 'smtp') {
    return { transport, url: read.url('SMTP_URL', ['smtp:', 'smtps:']) ?? 'smtp://127.0.0.1:1025' }
  }
  if (transport !== 'http') return { transport }

  const provider = read.oneOf('MAIL_HTTP_PROVIDER', MAIL_PROVIDERS, undefined)
  // What else is wrong depends on which one it is.
  if (provider === undefined) return { transport: 'console' }
  const url = read.url('MAIL_HTTP_URL', ['http:', 'https:']) ?? MAIL_HTTP_URLS[provider]
  if (url === undefined) {
    read.problem('MAIL_HTTP_URL', 'is required with every provider but resend, sendgrid and postmark')
  }
  const apiKey = read.text('MAIL_API_KEY') ?? ''
  if (provider === 'mailpit' || provider === 'webhook') checkKeyless(read, url, apiKey)
  else checkKeyed(read, provider, url, apiKey)
  return { transport, provider, url: url ?? '', apiKey, webhookSecret: readWebhookSecret(read) }
}

const checkKeyless = (read: Reader, url: string | undefined, apiKey: string): void => {
  if (apiKey !== '') {
    read.problem('MAIL_API_KEY', 'is not used by mailpit and webhook: put user:password@ into MAIL_HTTP_URL')
  }
  read.encodedCredentials('MAIL_HTTP_URL', url)
}

const checkKeyed = (
  read: Reader,
  provider: MailProviderName,
  address: string | undefined,
  apiKey: string,
): void => {
  const url = URL.parse(address ?? '')
  if (apiKey === '') read.problem('MAIL_API_KEY', `is required with ${provider}`)
  else if (!/^[\x21-\x7e]+$/.test(apiKey)) read.problem('MAIL_API_KEY', 'must be ASCII without spaces')
  if (url?.username || url?.password) {
    read.problem('MAIL_HTTP_URL', `must have no user and password: ${provider} takes MAIL_API_KEY`)
  }
  if (provider === 'mailgun' && url && !/\/v3\/[^/]+\/?$/.test(url.pathname)) {
    read.problem('MAIL_HTTP_URL', 'must end with your domain: https://api.mailgun.net/v3/mg.example.com')
  }
}

export const readMailFrom = (read: Reader): string => {
  const from = read.text('MAIL_FROM') ?? 'Vestibule <vestibule@localhost>'
  if (!/^([^<>@\p{Cc}]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u.test(from)) {
    read.problem('MAIL_FROM', 'must be an address, with or without a name: Example <no-reply@example.com>')
  }
  return from
}
