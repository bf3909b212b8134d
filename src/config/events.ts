import type { Reader } from './reader.ts'
import { readWebhookSecret } from './webhook-secret.ts'

export type EventsConfig =
  | { readonly publisher: 'console' }
  | { readonly publisher: 'none' }
  | { readonly publisher: 'rabbitmq'; readonly url: string }
  | { readonly publisher: 'webhook'; readonly url: string; readonly secret: string }

export const readEvents = (read: Reader): EventsConfig => {
  const publishers = ['console', 'none', 'rabbitmq', 'webhook'] as const
  const publisher = read.oneOf('EVENT_PUBLISHER', publishers, 'console')
  if (publisher === 'rabbitmq') {
    const url = read.url('AMQP_URL', ['amqp:', 'amqps:'])
    if (url === undefined) read.problem('AMQP_URL', 'is required with EVENT_PUBLISHER=rabbitmq')
    return { publisher, url: url ?? '' }
  }
  if (publisher !== 'webhook') return { publisher }

  const url = read.url('WEBHOOK_URL', ['http:', 'https:'])
  if (url === undefined) read.problem('WEBHOOK_URL', 'is required with EVENT_PUBLISHER=webhook')
  read.encodedCredentials('WEBHOOK_URL', url)
  const secret = readWebhookSecret(read)
  if (secret === undefined) read.problem('WEBHOOK_SECRET', 'is required with EVENT_PUBLISHER=webhook')
  return { publisher, url: url ?? '', secret: secret ?? '' }
}
