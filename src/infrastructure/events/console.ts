import { traceField } from '../../domain/trace-parent.ts'
import { asCloudEvent } from './cloud-event.ts'
import type { EventPublisher, PublisherLog } from './publisher.ts'

/** Publishes events as log lines, for set-ups that have nobody else to tell. */
export const consolePublisher = (log: Pick<PublisherLog, 'info'>, source: string): EventPublisher => ({
  publish: async event => {
    log.info({ event: asCloudEvent(event, source), ...traceField(event.traceParent) }, event.type)
    return { result: 'accepted' }
  },
  close: () => {},
})

/** Publishes nothing: the events are taken from the outbox and forgotten. */
export const noPublisher: EventPublisher = {
  publish: async () => ({ result: 'accepted' }),
  close: () => {},
}
