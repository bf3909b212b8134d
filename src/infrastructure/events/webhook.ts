import type { HandOverResult } from '../../application/outbox.ts'
import { type Answer, failed, isSuccess } from '../http-answer.ts'
import { openHttpClient } from '../http-client.ts'
import { signerOf } from '../webhook-signature.ts'
import { asCloudEvent, CLOUD_EVENT_TYPE } from './cloud-event.ts'
import type { EventPublisher, PublisherLog } from './publisher.ts'

/**
 * What Standard Webhooks has 410 mean: the receiver wants nothing more. Waiting no longer than the back-off
 * does, an event leaves soon after the restart that ends this, and the log stays quiet until then.
 */
const GONE: HandOverResult = {
  result: 'failed',
  failure: 'misconfigured',
  reason: 'http 410',
  retryAfterSeconds: 300,
}

/**
 * Posts each event to a receiver of your own: CloudEvents in the structured mode of HTTP, signed by Standard
 * Webhooks. Any 2xx is success. After a 410 nothing is sent any more, for as long as the process lives.
 */
export const webhookPublisher = (options: {
  url: string
  secret: string
  source: string
  timeoutMs: number
  now?: (() => Date) | undefined
  log: Pick<PublisherLog, 'error'>
}): EventPublisher => {
  const { post, close } = openHttpClient(options)
  const sign = signerOf(options.secret, options.now)
  let gone = false

  return {
    publish: async event => {
      if (gone) return GONE
      const body = JSON.stringify(asCloudEvent(event, options.source))
      const headers = {
        'content-type': `${CLOUD_EVENT_TYPE}; charset=utf-8`,
        ...(event.traceParent !== undefined && { traceparent: event.traceParent }),
        ...sign(event.id, body),
      }
      return post(headers, body, judge)
    },
    close,
  }

  function judge(answer: Answer): HandOverResult {
    if (isSuccess(answer)) return { result: 'accepted' }
    if (answer.status === 410) return stop()
    const failure = failed(answer, {})
    // An event is never given up: one that its receiver cannot take waits, and holds up no other user's.
    const refused = failure.result === 'failed' && failure.failure === 'refused'
    return refused ? { ...failure, failure: 'deferred' } : failure
  }

  function stop(): HandOverResult {
    if (!gone) options.log.error({}, 'the webhook answers 410: it gets no more events until a restart')
    gone = true
    return GONE
  }
}
