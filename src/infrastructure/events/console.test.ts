import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { domainEvent } from '../../../test/support/messages.ts'
import { asCloudEvent } from './cloud-event.ts'
import { consolePublisher, noPublisher } from './console.ts'

describe('EVENT_PUBLISHER=console', () => {
  it('logs the CloudEvent under its type', async () => {
    const logged: [fields: object, message: string][] = []
    const log = { info: (fields: object, message: string) => void logged.push([fields, message]) }
    const { publish } = consolePublisher(log, 'https://accounts.example.com')
    assert.deepEqual(await publish(domainEvent()), { result: 'accepted' })
    const event = asCloudEvent(domainEvent(), 'https://accounts.example.com')
    assert.deepEqual(logged, [[{ event }, 'user.registered']])
  })
})

describe('EVENT_PUBLISHER=none', () => {
  it('lets every event leave the outbox', async () => {
    assert.deepEqual(await noPublisher.publish(domainEvent()), { result: 'accepted' })
  })
})
