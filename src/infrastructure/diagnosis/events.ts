import type { Verdict } from '../../application/diagnose.ts'
import type { PublisherSettings } from '../events/open-publisher.ts'
import { describeTrouble, openLink } from '../events/rabbitmq-link.ts'
import { connectionRemedy, placeIn, reach, reasonOf, unreachable } from './reach.ts'
import { failed, ok } from './verdict.ts'

/** Looks whether those who get the events can be reached. No event is published. */
export const lookAtEvents = async (events: PublisherSettings, timeoutMs: number): Promise<Verdict> => {
  switch (events.publisher) {
    case 'console':
      return ok('events are lines of the log, e-mail addresses included')
    case 'none':
      return ok('events are forgotten')
    case 'rabbitmq':
      return lookAtBroker(events.url, timeoutMs)
    case 'webhook':
      return lookAtWebhook(events.url, timeoutMs)
  }
}

/** Declares the exchange, as the service does when it starts. */
const lookAtBroker = async (url: string, timeoutMs: number): Promise<Verdict> => {
  try {
    const link = await openLink({ url, timeoutMs })
    await link.close()
    return ok(
      `RabbitMQ at ${placeIn(url)} has the exchange; whether queues are bound shows with the first event`,
    )
  } catch (error) {
    const { reason } = describeTrouble(error)
    return failed(`RabbitMQ at ${placeIn(url)}: ${reason}`, brokerRemedy(reason, error))
  }
}

const brokerRemedy = (reason: string, error: unknown): string => {
  if (/virtual host/.test(reason)) {
    return 'Correct the path of AMQP_URL (%2F is the virtual host /), or let the user in: rabbitmqctl set_permissions --vhost …'
  }
  // A login is refused before there is a connection, a permission only afterwards.
  if (/403/.test(reason) && /Handshake/i.test((error as Error).message)) {
    return 'Correct user and password in AMQP_URL (@ is written %40).'
  }
  if (/403/.test(reason)) {
    return String.raw`Give the user of AMQP_URL the permissions configure and write on ^vestibule\.events$ (rabbitmqctl set_permissions).`
  }
  if (/406/.test(reason)) {
    return 'There is an exchange vestibule.events of another kind: delete it, or use another virtual host in AMQP_URL.'
  }
  return connectionRemedy(reason, 'AMQP_URL')
}

const lookAtWebhook = async (url: string, timeoutMs: number): Promise<Verdict> => {
  try {
    await reach(url, timeoutMs)
    return ok(
      `the webhook at ${placeIn(url)} is reached; whether it takes our signature shows with the first event`,
    )
  } catch (error) {
    return unreachable(url, reasonOf(error), 'WEBHOOK_URL')
  }
}
