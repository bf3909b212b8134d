import { backOffSeconds } from '../../domain/back-off.ts'
import { asCloudEvent } from './cloud-event.ts'
import type { EventPublisher, PublisherLog } from './publisher.ts'
import { describeTrouble, type Link, openLink } from './rabbitmq-link.ts'

/** The broker is back for this long, at most, before that is noticed. */
const LONGEST_PAUSE_SECONDS = 10
/** What close waits for a broker that does not answer any more. */
const CLOSE_MS = 1000

/**
 * Publishes to RabbitMQ, and takes an event for accepted once the broker has confirmed it. A broker that is away
 * holds up nobody, not even the start: it is looked for again and again, with back-off, and events fail at once
 * meanwhile, to stay in the outbox. A user and a password in `url` are never logged.
 */
export const rabbitmqPublisher = (options: {
  url: string
  source: string
  timeoutMs: number
  log: Pick<PublisherLog, 'info' | 'warn'>
}): EventPublisher => {
  const { log } = options
  let failures = 0
  let closed = false
  let pause: NodeJS.Timeout | undefined
  /** The link there is or is being made, or why there is none. */
  let link = begin()

  return {
    publish: async event => {
      try {
        const result = await (await link).publish(asCloudEvent(event, options.source))
        failures = 0
        return result
      } catch (error) {
        return { result: 'failed', ...describeTrouble(error) }
      }
    },
    close: async () => {
      closed = true
      clearTimeout(pause)
      await Promise.race([closeLink(), new Promise(resolve => setTimeout(resolve, CLOSE_MS).unref())])
    },
  }

  function begin(): Promise<Link> {
    const opening = openLink(options)
    opening
      .then(({ ended }) => {
        log.info({}, 'connected to the message broker')
        return ended
      })
      .then(lost, lost)
    return opening
  }

  function lost(error: Error): void {
    if (closed) return
    failures += 1
    const seconds = Math.min(backOffSeconds(failures, Math.random()), LONGEST_PAUSE_SECONDS)
    log.warn(
      { ...describeTrouble(error), next_in_seconds: Math.round(seconds * 10) / 10 },
      'no connection to the message broker; trying again',
    )
    link = Promise.reject(error)
    // Nobody may be there to publish anything before the next one is made.
    link.catch(() => {})
    pause = setTimeout(() => {
      link = begin()
    }, seconds * 1000).unref()
  }

  async function closeLink(): Promise<void> {
    const open = await link.catch(() => undefined)
    await open?.close()
  }
}
