import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GetMessage } from 'amqplib'
import { type RunningApp, startApp } from '../support/app.ts'
import { type Broker, noBroker, openConsumer, startBroker, untilQueuesLast } from '../support/broker.ts'
import { createClient, newAddress } from '../support/client.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'
import { createNews } from '../support/news.ts'
import { signUpActive } from '../support/sign-up.ts'

const CLIENTS = 2
/** Who sign up and activate before the broker dies, while it is away, and once it is back. */
const PEOPLE = 25
const QUEUE = 'events'

type Event = { id: string; type: string; subject: string }

const eventOf = ({ content }: GetMessage): Event => JSON.parse(content.toString())

describe('events, with EVENT_PUBLISHER=rabbitmq', { skip: noBroker, timeout: 300_000 }, () => {
  let broker: Broker
  let database: TestDatabase
  let app: RunningApp
  before(async () => {
    broker = await startBroker()
  })
  after(() => broker?.stop())
  beforeEach(async () => {
    database = await createDatabase()
    app = await start()
  })
  afterEach(async () => {
    await app.stop()
    await database.drop()
    const consumer = await openConsumer(broker.url)
    await consumer.channel.deleteQueue(QUEUE)
    await consumer.close()
  })

  const start = () => startApp({ database, env: { EVENT_PUBLISHER: 'rabbitmq', AMQP_URL: broker.url } })

  const bind = async (): Promise<void> => {
    const consumer = await openConsumer(broker.url)
    await consumer.bind(QUEUE)
    await consumer.close()
  }

  /** Reads the queue until the outbox is empty and nothing comes any more. */
  const everything = async (): Promise<Event[]> => {
    const messages: GetMessage[] = []
    for (;;) {
      const waiting = await database.rows(`select from outbox where topic = 'event' limit 1`)
      const consumer = await openConsumer(broker.url)
      // A broker that has just been started may need a moment before it has its queues again.
      const drained = await consumer.drain(QUEUE, messages).catch(() => undefined)
      await consumer.close()
      if (drained && waiting.length === 0) return messages.map(eventOf)
      await sleep(100)
    }
  }

  const both = (id: string) => [
    ['user.registered.v1', id],
    ['user.activated.v1', id],
  ]

  it('wait in the outbox while no queue is bound for them', async () => {
    const person = await signUpActive(app)
    const reason = 'no queue is bound for this type of event'
    await app.logLine({ msg: 'event not handed over; trying again', failure: 'misconfigured', reason })
    const rows = await database.rows(`select payload->>'type' as type from outbox where topic = 'event'`)
    assert.deepEqual(rows.map(({ type }) => type).toSorted(), ['user.activated', 'user.registered'])
    await bind()
    assert.deepEqual(
      (await everything()).map(({ type, subject }) => [type, subject]),
      both(person.id),
    )
  })

  it('wait for a broker that is away when the service starts', async () => {
    await bind()
    await untilQueuesLast()
    await app.stop()
    await broker.kill()
    app = await start()
    const person = await signUpActive(app)
    await app.logLine({ msg: 'event not handed over; trying again', reason: 'ECONNREFUSED' })
    await broker.restart()
    assert.deepEqual(
      (await everything()).map(({ type, subject }) => [type, subject]),
      both(person.id),
    )
  })

  it('all arrive, those of one person in their order, when the broker is killed under load', async t => {
    await bind()
    await untilQueuesLast()
    const client = createClient(app.url)
    const active: string[] = []
    const { tell, until } = createNews()
    let loading = true
    const load = Array.from({ length: CLIENTS }, async () => {
      while (loading) {
        const email = newAddress()
        const { status, body } = await client.register(email)
        assert.equal(status, 201)
        const activated = await client.activate(email, await app.mail.codeFor(email))
        assert.equal(activated.status, 200)
        active.push(String(body.id))
        tell()
      }
    })
    const untilMore = (people: number): Promise<void> => {
      const enough = active.length + people
      return until(() => active.length >= enough)
    }

    await untilMore(PEOPLE)
    await broker.kill()
    await untilMore(PEOPLE)
    await broker.restart()
    await untilMore(PEOPLE)
    loading = false
    await Promise.all(load)

    const events = await everything()
    const ids = new Set(events.map(({ id }) => id))
    t.diagnostic(`${active.length} people, ${ids.size} events, ${events.length - ids.size} of them again`)
    assert.equal(ids.size, 2 * active.length)
    const first = events.filter((event, n) => events.findIndex(({ id }) => id === event.id) === n)
    for (const id of active) {
      const of = first.filter(({ subject }) => subject === id)
      assert.deepEqual(
        of.map(({ type, subject }) => [type, subject]),
        both(id),
      )
    }
  })
})
