import type { HandOver } from '../../application/outbox.ts'
import type { DomainEvent } from '../../domain/events.ts'
import { asCloudEvent } from './cloud-event.ts'

/** Publishes events as log lines, for set-ups that have nobody else to tell. */
export const publishToConsole =
  (log: { info: (fields: object, message: string) => void }, source: string): HandOver<DomainEvent> =>
  async event => {
    log.info({ event: asCloudEvent(event, source) }, event.type)
    return { result: 'accepted' }
  }

/** Publishes nothing: the events are taken from the outbox and forgotten. */
export const publishNothing: HandOver<DomainEvent> = async () => ({ result: 'accepted' })
