import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ChannelModel, connect } from 'amqplib'
import { type Broker, openConsumer, untilQueuesLast } from '../support/broker.ts'
import type { ReceivedEvent } from './history.ts'

/** Whoever takes the events, and keeps every delivery in the order of arrival. */
export type EventSink = {
  env: Record<string, string>
  events: ReceivedEvent[]
  /** Waits until everything that was accepted so far has been taken. */
  untilTaken: () => Promise<void>
  stop: () => Promise<void>
}

const QUEUE = 'chaos'

/** Consumes from RabbitMQ as docs/events.md has it, connecting again after every loss. */
export const consumeFrom = async (broker: Broker): Promise<EventSink> => {
  const events: ReceivedEvent[] = []
  const declaring = await openConsumer(broker.url)
  await declaring.bind(QUEUE)
  await declaring.close()
  await untilQueuesLast()

  const consume = async (connection: ChannelModel): Promise<void> => {
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    channel.on('close', () => connection.close().catch(() => {}))
    await channel.prefetch(100)
    await channel.consume(QUEUE, message => {
      if (!message) return
      events.push(received(message.content.toString()))
      channel.ack(message)
    })
  }
  const connection = await connect(broker.url, { recovery: { setup: consume } })
  connection.on('error', () => {})

  return {
    env: { EVENT_PUBLISHER: 'rabbitmq', AMQP_URL: broker.url },
    events,
    // The outbox is empty by then, so that nothing comes in any more: an empty queue stays so.
    untilTaken: async () => {
      const looking = await openConsumer(broker.url)
      while ((await looking.channel.checkQueue(QUEUE)).messageCount > 0) await sleep(50)
      await looking.close()
      await untilStill(events)
    },
    stop: () => connection.close().catch(() => {}),
  }
}

/** Takes them as a webhook, where there is no RabbitMQ. */
export const receiveByWebhook = async (): Promise<EventSink> => {
  const events: ReceivedEvent[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    events.push(received(body))
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    env: {
      EVENT_PUBLISHER: 'webhook',
      WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 'chaos').toString('base64')}`,
    },
    events,
    untilTaken: async () => {},
    stop: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** What the queue has handed out may still be on its way to here. */
const untilStill = async (events: unknown[]): Promise<void> => {
  for (let before = -1; before < events.length; ) {
    before = events.length
    await sleep(200)
  }
}

const received = (text: string): ReceivedEvent => {
  const { id, type, subject, correlationid, data } = JSON.parse(text)
  return { id, type, subject, operationId: correlationid, email: data.email, text }
}
