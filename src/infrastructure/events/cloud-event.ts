import type { DomainEvent } from '../../domain/events.ts'

/** CloudEvents 1.0, JSON format. `correlationid` is an extension attribute, hence without an underscore. */
export type CloudEvent = {
  specversion: '1.0'
  id: string
  source: string
  type: string
  subject: string
  time: string
  datacontenttype: 'application/json'
  correlationid: string
  data: object
}

export const asCloudEvent = (event: DomainEvent, source: string): CloudEvent => ({
  specversion: '1.0',
  id: event.id,
  source,
  type: event.type,
  subject: event.userId,
  time: event.time.toISOString(),
  datacontenttype: 'application/json',
  correlationid: event.correlationId,
  data: event.data,
})
