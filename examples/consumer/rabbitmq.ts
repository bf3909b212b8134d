// Takes the events of Vestibule from RabbitMQ, each of them once, and prints a line for each delivery.
//
//   AMQP_URL=amqp://localhost node examples/consumer/rabbitmq.ts
import { type ChannelModel, type ConsumeMessage, connect } from 'amqplib'
import { openAccounts } from './accounts.ts'

const EXCHANGE = 'vestibule.events'
const QUEUE = 'accounts'

const accounts = openAccounts(process.env.INBOX ?? 'accounts.sqlite')

const complain = (error: unknown): void => void process.stderr.write(`${error}\n`)

/** Runs on each connection, the first one and those after an outage of the broker. */
const consume = async (connection: ChannelModel): Promise<void> => {
  const channel = await connection.createChannel()
  // A channel that the broker closes is of no use any more: begin again with a new connection.
  channel.on('error', complain)
  channel.on('close', () => connection.close().catch(() => {}))
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true })
  await channel.assertQueue(QUEUE, {
    durable: true,
    arguments: {
      // Replicated, and on disk before Vestibule is told that it has been taken.
      'x-queue-type': 'quorum',
      // However many of these processes run, one takes the events, in their order; another one takes over.
      'x-single-active-consumer': true,
    },
  })
  // All types of events: one that no queue is bound for waits in Vestibule's outbox.
  await channel.bindQueue(QUEUE, EXCHANGE, '#')
  await channel.prefetch(100)
  const take = (message: ConsumeMessage | null): void => {
    if (message === null) throw new Error(`the queue ${QUEUE} was deleted`)
    const event = JSON.parse(message.content.toString())
    const isNew = accounts.take(event)
    // Not before: an event whose effect got lost is delivered again.
    channel.ack(message)
    process.stdout.write(`${event.type} ${event.id} ${isNew ? 'taken' : 'known'}\n`)
  }
  await channel.consume(QUEUE, message => {
    try {
      take(message)
    } catch (error) {
      // Whoever supervises this process starts it again, and the event is delivered again.
      complain(error)
      process.exit(1)
    }
  })
  process.stdout.write('ready\n')
}

const connection = await connect(process.env.AMQP_URL ?? 'amqp://localhost', { recovery: { setup: consume } })
connection.on('error', complain)
process.once('SIGTERM', () => connection.close())
