import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { v7 as newId } from 'uuid'
import type { HandOverResult } from '../../src/application/outbox.ts'
import { freePort } from '../../src/infrastructure/embedded/free-port.ts'
import { asCloudEvent } from '../../src/infrastructure/events/cloud-event.ts'
import { rabbitmqPublisher } from '../../src/infrastructure/events/rabbitmq.ts'
import { type Broker, noBroker, openConsumer, startBroker } from '../support/broker.ts'
import { selfSigned } from '../support/certificate.ts'
import { scratchFolder } from '../support/command.ts'
import { domainEvent } from '../support/messages.ts'
import { createNews } from '../support/news.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const SOURCE = 'https://accounts.example.com'

type Line = { message: string; failure?: string; reason?: string }

/** A publisher whose log the test can read, and wait for. */
const openPublisher = (t: TestContext, url: string, timeoutMs = 10_000) => {
  const lines: Line[] = []
  const news = createNews()
  const write = (fields: object, message: string) => {
    lines.push({ ...fields, message })
    news.tell()
  }
  const publisher = rabbitmqPublisher({ url, source: SOURCE, timeoutMs, log: { info: write, warn: write } })
  t.after(publisher.close)
  return {
    ...publisher,
    lines,
    /** Waits until it has said so that many times. */
    said: (message: string, times = 1): Promise<void> =>
      news.until(() => lines.filter(line => line.message === message).length >= times),
  }
}

const CONNECTED = 'connected to the message broker'
const LOST = 'no connection to the message broker; trying again'

const unroutable = {
  result: 'failed',
  failure: 'misconfigured',
  reason: 'no queue is bound for this type of event',
}
const failureOf = (result: HandOverResult) => {
  assert.ok(result.result === 'failed', `${result.result}`)
  return result
}

describe('EVENT_PUBLISHER=rabbitmq', { skip: noBroker, timeout: 120_000 }, () => {
  let broker: Broker
  let consumer: Awaited<ReturnType<typeof openConsumer>>
  const certificate = selfSigned(['127.0.0.1'])
  let folder: string
  let tlsPort: number
  const encrypted = () => `amqps://guest:guest@127.0.0.1:${tlsPort}`
  before(async () => {
    folder = await scratchFolder()
    tlsPort = await freePort()
    const file = (name: string) => join(folder, name)
    const { cert, key } = certificate
    await writeFile(file('cert.pem'), cert)
    await writeFile(file('key.pem'), key)
    broker = await startBroker([
      `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
      `ssl_options.certfile = ${file('cert.pem')}`,
      `ssl_options.keyfile = ${file('key.pem')}`,
    ])
    consumer = await openConsumer(broker.url)
  })
  after(async () => {
    await consumer?.close()
    await broker?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** A queue of the test's own, and what has come into it since. */
  const bind = async (t: TestContext, more: Record<string, unknown> = {}) => {
    const queue = newId()
    await consumer.bind(queue, '#', more)
    t.after(() => consumer.channel.deleteQueue(queue))
    return () => consumer.drain(queue)
  }

  it('tries an event again for as long as no queue is bound for it', async t => {
    const { publish } = openPublisher(t, broker.url)
    assert.deepEqual(await publish(domainEvent()), unroutable)
    const received = await bind(t)
    assert.deepEqual(await publish(domainEvent()), { result: 'accepted' })
    assert.equal((await received()).length, 1)
  })

  it('blames a missing queue for the events of that type alone', async t => {
    const { publish } = openPublisher(t, broker.url)
    await consumer.bind('registrations', 'user.registered.v1')
    t.after(() => consumer.channel.deleteQueue('registrations'))
    const activated = { ...domainEvent('activated'), type: 'user.activated' as const }
    const results = await Promise.all([publish(domainEvent()), publish(activated as never)])
    assert.deepEqual(results, [{ result: 'accepted' }, unroutable])
  })

  it('publishes the CloudEvent as a persistent message with its type, id and correlation id', async t => {
    const received = await bind(t)
    const { publish } = openPublisher(t, broker.url)
    assert.deepEqual(await publish(domainEvent('event-7')), { result: 'accepted' })
    const [message] = await received()
    assert.ok(message)
    assert.equal(message.fields.routingKey, 'user.registered.v1')
    const { contentType, messageId, correlationId, deliveryMode } = message.properties
    assert.deepEqual(
      { contentType, messageId, correlationId, deliveryMode },
      {
        contentType: 'application/cloudevents+json',
        messageId: 'event-7',
        correlationId: 'correlation-1',
        deliveryMode: 2,
      },
    )
    const event = JSON.parse(JSON.stringify(asCloudEvent(domainEvent('event-7'), SOURCE)))
    assert.deepEqual(JSON.parse(message.content.toString()), event)
  })

  it('publishes many at once, on one channel of one connection', async t => {
    const received = await bind(t)
    const { publish, said } = openPublisher(t, broker.url)
    await said(CONNECTED)
    const ids = Array.from({ length: 1000 }, (_, n) => `event-${n}`)
    const results = await Promise.all(ids.map(id => publish(domainEvent(id))))
    assert.ok(results.every(({ result }) => result === 'accepted'))
    const connections = await broker.control('-q', 'list_connections', 'client_properties', 'channels')
    const ours = connections.split('\n').filter(line => line.includes('"vestibule"'))
    assert.deepEqual(
      ours.map(line => line.split('\t')[1]),
      ['1'],
    )
    assert.deepEqual(
      (await received()).map(({ properties }) => properties.messageId),
      ids,
    )
  })

  it('tries an event again when the broker refuses it, as for a full queue', async t => {
    await bind(t, { 'x-queue-type': 'classic', 'x-max-length': 1, 'x-overflow': 'reject-publish' })
    const { publish } = openPublisher(t, broker.url)
    assert.deepEqual(await publish(domainEvent('one')), { result: 'accepted' })
    const { failure, reason } = failureOf(await publish(domainEvent('two')))
    assert.deepEqual([failure, reason], ['unavailable', 'message nacked'])
  })

  it('connects again when the broker has closed the connection', async t => {
    const received = await bind(t)
    const { publish, said, lines } = openPublisher(t, broker.url)
    await publish(domainEvent('before'))
    await broker.control('close_all_connections', 'maintenance')
    await said(LOST)
    assert.equal(lines.find(({ message }) => message === LOST)?.reason, 'amqp 320 (CONNECTION-FORCED)')
    assert.equal(failureOf(await publish(domainEvent('meanwhile'))).failure, 'unavailable')
    await said(CONNECTED, 2)
    assert.deepEqual(await publish(domainEvent('after')), { result: 'accepted' })
    consumer = await openConsumer(broker.url)
    assert.deepEqual(
      (await received()).map(({ properties }) => properties.messageId),
      ['before', 'after'],
    )
  })

  it('asserts the exchange again when somebody has deleted it', async t => {
    const { publish, said } = openPublisher(t, broker.url)
    await said(CONNECTED)
    await consumer.channel.deleteExchange('vestibule.events')
    const { failure, reason } = failureOf(await publish(domainEvent()))
    assert.deepEqual([failure, reason], ['misconfigured', 'amqp 404 (NOT-FOUND)'])
    await said(CONNECTED, 2)
    assert.deepEqual(await publish(domainEvent()), unroutable)
  })

  it('finds the broker by itself when that comes', async t => {
    const proxy = await startTcpProxy(broker.url)
    t.after(proxy.close)
    await proxy.refuse()
    const { publish, said } = openPublisher(t, proxy.url)
    const result = failureOf(await publish(domainEvent()))
    assert.deepEqual([result.failure, result.reason], ['unavailable', 'ECONNREFUSED'])
    await said(LOST, 2)
    await proxy.forward()
    await said(CONNECTED)
    assert.deepEqual(await publish(domainEvent()), unroutable)
  })

  it('does not wait for a broker that accepts the connection and says nothing', async t => {
    const proxy = await startTcpProxy(broker.url)
    t.after(proxy.close)
    await proxy.swallow()
    const { publish } = openPublisher(t, proxy.url, 300)
    assert.equal(failureOf(await publish(domainEvent())).failure, 'unavailable')
  })

  it('tries an event again when no confirm comes, or the broker blocks publishers', async t => {
    const { publish, said } = openPublisher(t, broker.url, 1000)
    await said(CONNECTED)
    await broker.control('set_vm_memory_high_watermark', '0.000001')
    try {
      const first = failureOf(await publish(domainEvent()))
      assert.deepEqual([first.failure, first.reason], ['unavailable', 'no confirm in time'])
      const next = failureOf(await publish(domainEvent()))
      const blocked = 'the broker is short of memory or disk, and blocks publishers'
      assert.deepEqual([next.failure, next.reason], ['unavailable', blocked])
    } finally {
      await broker.control('set_vm_memory_high_watermark', '0.4')
    }
  })

  it('waits for what is under way when the service stops', async t => {
    const received = await bind(t)
    const { publish, close, said } = openPublisher(t, broker.url)
    await said(CONNECTED)
    const publishing = Promise.all(Array.from({ length: 100 }, (_, n) => publish(domainEvent(`${n}`))))
    // Each of them waits for the link for a turn, before it is under way.
    await Promise.resolve()
    await close()
    assert.ok((await publishing).every(({ result }) => result === 'accepted'))
    assert.equal((await received()).length, 100)
  })

  const misconfigured: [what: string, change: (url: URL) => URL, reason: string][] = [
    [
      'a wrong password',
      url => Object.assign(url, { password: 'wrong-secret' }),
      'amqp 403 (ACCESS-REFUSED)',
    ],
    [
      'an unknown virtual host',
      url => Object.assign(url, { pathname: '/nowhere' }),
      'no such virtual host, or not for this user',
    ],
    [
      'a self-signed certificate',
      url => Object.assign(url, { href: encrypted() }),
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
  ]
  for (const [what, change, reason] of misconfigured) {
    it(`logs ${what} as misconfigured, without a secret`, async t => {
      const url = new URL(broker.url)
      change(url)
      const { publish, lines, said } = openPublisher(t, url.href)
      const failure = failureOf(await publish(domainEvent()))
      assert.deepEqual([failure.failure, failure.reason], ['misconfigured', reason])
      await said(LOST)
      assert.doesNotMatch(JSON.stringify([failure, lines]), /guest|secret|127\.0\.0\.1/)
    })
  }

  it('publishes over TLS to a broker whose certificate is trusted', async t => {
    const trusted = getCACertificates('default')
    t.after(() => setDefaultCACertificates(trusted))
    setDefaultCACertificates([...trusted, certificate.cert])
    const received = await bind(t)
    const { publish } = openPublisher(t, encrypted())
    assert.deepEqual(await publish(domainEvent()), { result: 'accepted' })
    assert.equal((await received()).length, 1)
  })

  it('logs an exchange of another kind as misconfigured', async t => {
    await consumer.channel.deleteExchange('vestibule.events')
    await consumer.channel.assertExchange('vestibule.events', 'fanout', { durable: true })
    t.after(() => consumer.channel.deleteExchange('vestibule.events'))
    const { publish } = openPublisher(t, broker.url)
    const { failure, reason } = failureOf(await publish(domainEvent()))
    assert.deepEqual([failure, reason], ['misconfigured', 'amqp 406 (PRECONDITION-FAILED)'])
  })

  it('logs a missing permission as misconfigured', async t => {
    await broker.control('add_user', 'reader', 'reader')
    await broker.control('set_permissions', 'reader', '', '', '.*')
    const url = new URL(broker.url)
    url.username = url.password = 'reader'
    const { publish } = openPublisher(t, url.href)
    const { failure, reason } = failureOf(await publish(domainEvent()))
    assert.deepEqual([failure, reason], ['misconfigured', 'amqp 403 (ACCESS-REFUSED)'])
  })
})
