import { consolePublisher, noPublisher } from './console.ts'
import type { EventPublisher, PublisherLog } from './publisher.ts'
import { rabbitmqPublisher } from './rabbitmq.ts'
import { webhookPublisher } from './webhook.ts'

export type PublisherSettings =
  | { readonly publisher: 'console' }
  | { readonly publisher: 'none' }
  | { readonly publisher: 'rabbitmq'; readonly url: string }
  | { readonly publisher: 'webhook'; readonly url: string; readonly secret: string }

/** How long a broker or a webhook may take for one event, and for a connection. */
const TIMEOUT_MS = 10_000

/**
 * The way to those who receive events that the configuration names. `source` is that of the CloudEvents, `now` the
 * time that a signature says.
 */
export const openPublisher = (
  events: PublisherSettings,
  source: string,
  log: PublisherLog,
  now?: () => Date,
): EventPublisher => {
  const options = { source, log, timeoutMs: TIMEOUT_MS }
  switch (events.publisher) {
    case 'console':
      return consolePublisher(log, source)
    case 'none':
      return noPublisher
    case 'rabbitmq':
      return rabbitmqPublisher({ ...options, url: events.url })
    case 'webhook':
      return webhookPublisher({ ...options, url: events.url, secret: events.secret, now })
  }
}
