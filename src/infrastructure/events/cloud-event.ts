import type { DomainEvent } from '../../domain/events.ts'

/**
 * CloudEvents 1.0, JSON format. `correlationid` is an extension attribute, hence without an underscore;
 * `traceparent`, which is there with traces only, is the one of its extension "Distributed Tracing".
 * docs/events.md describes it for those who receive it.
 */
export type CloudEvent = {
  specversion: '1.0'
  id: string
  source: string
  type: VersionedType
  subject: string
  time: string
  datacontenttype: 'application/json'
  dataschema: string
  correlationid: string
  traceparent?: string
  data: object
}

type VersionedType = `${DomainEvent['type']}.v${number}`

/** A version is what its receivers were told: a field may be added to it; nothing else changes without a new one. */
const VERSIONED = {
  'user.registered': 'user.registered.v1',
  'user.activated': 'user.activated.v1',
  'user.deleted': 'user.deleted.v1',
  'mail.given_up': 'mail.given_up.v1',
} satisfies Record<DomainEvent['type'], VersionedType>

/** The media type of one event in the JSON format. */
export const CLOUD_EVENT_TYPE = 'application/cloudevents+json'

export const asCloudEvent = (event: DomainEvent, source: string): CloudEvent => {
  const type = VERSIONED[event.type]
  return {
    specversion: '1.0',
    id: event.id,
    source,
    type,
    subject: event.userId,
    time: event.time.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `urn:vestibule:events:${type}`,
    correlationid: event.correlationId,
    ...(event.traceParent !== undefined && { traceparent: event.traceParent }),
    data: event.data,
  }
}
