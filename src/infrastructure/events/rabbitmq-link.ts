import { connect, type Message } from 'amqplib'
import type { HandOverResult } from '../../application/outbox.ts'
import { blamesCertificate } from '../http-client.ts'
import { CLOUD_EVENT_TYPE, type CloudEvent } from './cloud-event.ts'

/** Durable, of type topic; the routing key is the type of the event. */
const EXCHANGE = 'vestibule.events'
/** A peer that is silent for two of these is gone. The `heartbeat` of AMQP_URL wins. */
const HEARTBEAT_SECONDS = 10

/** One connection with one confirm channel, for as long as both last. */
export type Link = {
  /** Waits until the broker has taken responsibility for the event. Throws when that cannot be known. */
  publish: (event: CloudEvent) => Promise<HandOverResult>
  /** Resolves when it is of no use any more, with what has ended it. */
  ended: Promise<Error>
  /** Waits for the confirms that are missing, and closes. */
  close: () => Promise<void>
}

/** Connects and asserts the exchange. Throws when the broker is away, or will not have it. */
export const openLink = async ({ url, timeoutMs }: { url: string; timeoutMs: number }): Promise<Link> => {
  const connection = await connect(withHeartbeat(url), {
    noDelay: true,
    timeout: timeoutMs,
    clientProperties: { connection_name: 'vestibule' },
  })
  let trouble: Error | undefined
  let blocked = false
  // What an error leads to is that the channel or the connection closes, each of which ends the other.
  const noteTrouble = (error: Error) => {
    trouble ??= error
  }
  connection.on('error', noteTrouble)
  connection.on('blocked', () => {
    blocked = true
  })
  connection.on('unblocked', () => {
    blocked = false
  })
  const ended = new Promise<Error>(resolve => {
    connection.on('close', error => resolve(trouble ?? error ?? new Error('connection closed')))
  })

  const channel = await connection.createConfirmChannel()
  channel.on('error', noteTrouble)
  channel.on('close', () => void connection.close().catch(() => {}))
  /** Ids of events that no queue wanted. The broker says so before it confirms them. */
  const returned = new Set<string>()
  channel.on('return', ({ properties }: Message) => returned.add(properties.messageId))
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true })

  return {
    ended,
    publish: event =>
      new Promise((resolve, reject) => {
        if (blocked) throw new Error('the broker is short of memory or disk, and blocks publishers')
        const content = Buffer.from(JSON.stringify(event))
        const properties = {
          mandatory: true,
          persistent: true,
          contentType: CLOUD_EVENT_TYPE,
          messageId: event.id,
          correlationId: event.correlationid,
          ...(event.traceparent !== undefined && { headers: { traceparent: event.traceparent } }),
        }
        channel.publish(EXCHANGE, event.type, content, properties, error => {
          clearTimeout(deadline)
          if (returned.delete(event.id)) resolve(UNROUTABLE)
          else if (error) reject(trouble ?? error)
          else resolve({ result: 'accepted' })
        })
        const deadline = setTimeout(() => reject(new Error('no confirm in time')), timeoutMs)
      }),
    close: async () => {
      await channel.waitForConfirms().catch(() => {})
      await connection.close().catch(() => {})
    },
  }
}

const UNROUTABLE: HandOverResult = {
  result: 'failed',
  failure: 'misconfigured',
  reason: 'no queue is bound for this type of event',
}

const withHeartbeat = (address: string): string => {
  const url = new URL(address)
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return url.href
}

/** What an error of the link means. The text that a broker adds to its code is left out: it may name a user. */
export const describeTrouble = (error: unknown) => {
  const { code, message } = error as { code?: string | number; message: string }
  if (CLOSED_ON_OPENING.test(message)) {
    return { failure: 'misconfigured', reason: 'no such virtual host, or not for this user' } as const
  }
  const [said] = /\d{3} \([A-Z-]+\)/.exec(message) ?? []
  return {
    failure: MISCONFIGURED.test(said ?? '') || blamesCertificate(code) ? 'misconfigured' : 'unavailable',
    reason: said ? `amqp ${said}` : typeof code === 'string' ? code : message,
  } as const
}

/** Login or permission, or an exchange of this name but another kind: someone can mend it. */
const MISCONFIGURED = /^(402|403|404|406|530)/
/** How amqplib words that the broker, once it knows the user, closes the connection: RabbitMQ does so with 530. */
const CLOSED_ON_OPENING = /^Expected ConnectionOpenOk; got <ConnectionClose/
