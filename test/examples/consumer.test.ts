import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import type { DomainEvent } from '../../src/domain/events.ts'
import { openPublisher } from '../../src/infrastructure/events/open-publisher.ts'
import type { EventPublisher } from '../../src/infrastructure/events/publisher.ts'
import { startApp } from '../support/app.ts'
import { type Broker, noBroker, startBroker, untilQueuesLast } from '../support/broker.ts'
import { createClient, newAddress } from '../support/client.ts'
import { scratchFolder } from '../support/command.ts'
import { type RunningExample, startExample } from '../support/example.ts'
import { domainEvent } from '../support/messages.ts'
import { signUpActive } from '../support/sign-up.ts'

const SILENT = { info: () => {}, warn: () => {}, error: () => {} }
const SOURCE = 'https://accounts.example.com'

const accountsIn = (inbox: string) => {
  const database = new DatabaseSync(inbox)
  try {
    return database
      .prepare('select id, email, active from accounts')
      .all()
      .map(row => ({ ...row }))
  } finally {
    database.close()
  }
}

describe('examples/consumer/rabbitmq.ts', { skip: noBroker, timeout: 120_000 }, () => {
  let folder: string
  let inbox: string
  let broker: Broker
  let consumer: RunningExample
  let publisher: EventPublisher
  const start = async () => {
    consumer = startExample('consumer/rabbitmq.ts', { AMQP_URL: broker.url, INBOX: inbox })
    await consumer.said(/^ready/)
  }
  before(async () => {
    folder = await scratchFolder()
    inbox = join(folder, 'accounts.sqlite')
    broker = await startBroker()
    publisher = openPublisher({ publisher: 'rabbitmq', url: broker.url }, SOURCE, SILENT)
    await start()
  })
  after(async () => {
    await publisher?.close()
    await consumer?.end('SIGKILL')
    await broker?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const registered = domainEvent('event-1')
  const activated = { ...domainEvent('event-2'), type: 'user.activated' } as DomainEvent

  it('handles each event once, however often it is delivered', async () => {
    for (const event of [registered, registered, activated, activated]) {
      assert.deepEqual(await publisher.publish(event), { result: 'accepted' })
    }
    await consumer.said(/^user\.registered\.v1 event-1 taken$/)
    await consumer.said(/^user\.registered\.v1 event-1 known$/)
    await consumer.said(/^user\.activated\.v1 event-2 known$/)
    assert.deepEqual(accountsIn(inbox), [{ id: 'user-1', email: 'ada@example.com', active: 1 }])
  })

  it('handles none twice after kill -9, and gets what came meanwhile', async () => {
    await consumer.end('SIGKILL')
    await publisher.publish(registered)
    await start()
    await consumer.said(/^user\.registered\.v1 event-1 known$/)
  })

  it('connects again after the broker has crashed', async () => {
    await untilQueuesLast()
    await broker.kill()
    await broker.restart()
    await consumer.said(/^ready/, 2)
    while ((await publisher.publish(activated)).result !== 'accepted') {
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    await consumer.said(/^user\.activated\.v1 event-2 known$/)
    assert.equal(await consumer.end('SIGTERM'), 0)
  })
})

describe('examples/consumer/webhook.ts', { timeout: 60_000 }, () => {
  const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  let folder: string
  let receiver: RunningExample
  let inbox: string
  let port: string
  const start = async (at: string) => {
    receiver = startExample('consumer/webhook.ts', { WEBHOOK_SECRET, PORT: at, INBOX: inbox })
    port = /\d+/.exec(await receiver.said(/^ready/))?.[0] ?? ''
  }
  before(async () => {
    folder = await scratchFolder()
    inbox = join(folder, 'accounts.sqlite')
    await start('0')
  })
  after(async () => {
    await receiver.end('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  const url = () => `http://127.0.0.1:${port}`

  it('handles the events of a person in their order, and those from a time when it was away', async () => {
    const env = { EVENT_PUBLISHER: 'webhook', WEBHOOK_URL: url(), WEBHOOK_SECRET }
    const app = await startApp({ env })
    try {
      const first = await signUpActive(app)
      await receiver.said(/^user\.registered\.v1 \S+ taken$/)
      await receiver.said(/^user\.activated\.v1 \S+ taken$/)

      await receiver.end('SIGKILL')
      const second = await signUpActive(app)
      await app.logLine({ msg: 'event not handed over; trying again', reason: 'ECONNREFUSED' })
      await start(port)
      await receiver.said(/^user\.activated\.v1 \S+ taken$/)
      const accounts = [first, second].map(({ id, email }) => ({ id, email, active: 1 }))
      assert.deepEqual(accountsIn(inbox), accounts)
    } finally {
      await app.stop()
    }
  })

  it('handles an event once, and none that is not signed', async () => {
    const events = { publisher: 'webhook', url: url() } as const
    const right = openPublisher({ ...events, secret: WEBHOOK_SECRET }, SOURCE, SILENT)
    const wrong = openPublisher({ ...events, secret: `whsec_${'x'.repeat(43)}=` }, SOURCE, SILENT)
    await right.publish(domainEvent('event-9'))
    await right.publish(domainEvent('event-9'))
    await receiver.said(/^user\.registered\.v1 event-9 taken$/)
    await receiver.said(/^user\.registered\.v1 event-9 known$/)
    const forged = await wrong.publish(domainEvent('event-10'))
    assert.ok(forged.result === 'failed' && forged.reason === 'http 401')
    const unsigned = await createClient(url()).register(newAddress())
    assert.equal(unsigned.status, 401)
    await right.close()
    await wrong.close()
  })
})
