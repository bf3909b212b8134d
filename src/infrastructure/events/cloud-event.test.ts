import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { domainEvent } from '../../../test/support/messages.ts'
import { asCloudEvent } from './cloud-event.ts'

const SOURCE = 'https://accounts.example.com'

describe('an event', () => {
  it('is a CloudEvent 1.0 in the JSON format', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(asCloudEvent(domainEvent('event-1'), SOURCE))), {
      specversion: '1.0',
      id: 'event-1',
      source: SOURCE,
      type: 'user.registered.v1',
      subject: 'user-1',
      time: '2026-01-31T12:00:00.000Z',
      datacontenttype: 'application/json',
      dataschema: 'urn:vestibule:events:user.registered.v1',
      correlationid: 'correlation-1',
      data: { id: 'user-1', email: 'ada@example.com' },
    })
  })
})
