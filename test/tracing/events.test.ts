import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startApp } from '../support/app.ts'
import { type Broker, noBroker, openConsumer, startBroker } from '../support/broker.ts'
import { type Collector, startCollector } from '../support/collector.ts'
import { startReceiver } from '../support/receiver.ts'
import { signUpActive } from '../support/sign-up.ts'

/** What comes of somebody who registers and activates: an event each, which names the request it comes from. */
const TYPES = ['user.registered.v1', 'user.activated.v1']

type Received = { body: string; traceparent: unknown }

describe('events of a traced request', { timeout: 120_000 }, () => {
  let collector: Collector
  before(async () => {
    collector = await startCollector()
  })
  after(() => collector?.close())

  const assertNamed = (received: Received[]) => {
    const events = received.map(({ body }) => JSON.parse(body))
    assert.deepEqual(
      events.map(({ type }) => type),
      TYPES,
    )
    for (const [index, { traceparent }] of received.entries()) {
      assert.equal(traceparent, events[index].traceparent)
      const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(traceparent)) ?? []
      const spans = collector.spans().filter(span => span.traceId === traceId)
      const request = spans.find(({ name }) => name.startsWith('POST /users'))
      assert.ok(request && request.spanId === spanId)
      assert.ok(spans.some(({ name, parentSpanId }) => name === 'hand over event' && parentSpanId === spanId))
    }
  }

  it('carry its traceparent to a webhook', async () => {
    const receiver = await startReceiver(response => response.end())
    const app = await startApp({
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        EVENT_PUBLISHER: 'webhook',
        WEBHOOK_URL: receiver.url,
        WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      },
    })
    await signUpActive(app)
    await receiver.until(() => receiver.received.length === 2)
    await app.stop()
    assertNamed(receiver.received.map(({ body, headers }) => ({ body, traceparent: headers.traceparent })))
    await receiver.close()
  })

  describe('through RabbitMQ', { skip: noBroker }, () => {
    let broker: Broker
    before(async () => {
      broker = await startBroker()
    })
    after(() => broker?.stop())

    it('carry its traceparent to a consumer', async () => {
      const consumer = await openConsumer(broker.url)
      await consumer.bind('traced')
      const app = await startApp({
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          EVENT_PUBLISHER: 'rabbitmq',
          AMQP_URL: broker.url,
        },
      })
      await app.logLine({ msg: 'connected to the message broker' })
      await signUpActive(app)
      const { correlation_id } = await app.logLine({ audit: 'activated' })
      await app.logLine({ msg: 'event handed over', correlation_id })
      await app.stop()
      const messages = await consumer.drain('traced')
      assertNamed(
        messages.map(({ content, properties }) => ({
          body: content.toString(),
          traceparent: properties.headers?.traceparent,
        })),
      )
      await consumer.close()
    })
  })
})
