import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { type CloudEvent, HTTP } from 'cloudevents'
import { Webhook } from 'standardwebhooks'
import { answerWith, startMailService as startReceiver } from '../../../test/support/mail-service.ts'
import { domainEvent } from '../../../test/support/messages.ts'
import { asCloudEvent } from './cloud-event.ts'
import { webhookPublisher } from './webhook.ts'

const SOURCE = 'https://accounts.example.com'
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

const openPublisher = async (t: TestContext, answer: (response: ServerResponse) => void) => {
  const receiver = await startReceiver(t, answer)
  const logged: string[] = []
  const log = { error: (_fields: object, message: string) => void logged.push(message) }
  const url = `${receiver.url}/events?for=tests`
  const publisher = webhookPublisher({ url, secret: SECRET, source: SOURCE, timeoutMs: 10_000, log })
  t.after(publisher.close)
  return { ...publisher, received: receiver.received, logged }
}

/** Answers the requests in turn, the last answer again and again. */
const inTurn = (...statuses: number[]) => {
  let nth = 0
  return (response: ServerResponse) =>
    answerWith(statuses[Math.min(nth++, statuses.length - 1)] ?? 500)(response)
}

describe('EVENT_PUBLISHER=webhook', { timeout: 30_000 }, () => {
  it('posts the CloudEvent to WEBHOOK_URL, as the library of CloudEvents reads it', async t => {
    const { publish, received } = await openPublisher(t, answerWith(204))
    assert.deepEqual(await publish(domainEvent('event-7')), { result: 'accepted' })
    const [request] = received
    assert.ok(request)
    assert.equal(`${request.method} ${request.path}`, 'POST /events?for=tests')
    assert.equal(request.headers['content-type'], 'application/cloudevents+json; charset=utf-8')
    const event = HTTP.toEvent({ headers: request.headers, body: String(request.body) }) as CloudEvent
    assert.ok(event.validate())
    const { data, ...attributes } = asCloudEvent(domainEvent('event-7'), SOURCE)
    assert.deepEqual(event.data, data)
    for (const [name, value] of Object.entries(attributes)) assert.equal(event[name], value, name)
  })

  it('signs it with WEBHOOK_SECRET, as the library of Standard Webhooks verifies', async t => {
    const { publish, received } = await openPublisher(t, answerWith(204))
    await publish(domainEvent('event-7'))
    const { headers = {}, body = '' } = received[0] ?? {}
    assert.equal(headers['webhook-id'], 'event-7')
    const verify = (secret: string, text: string) =>
      new Webhook(secret).verify(text, headers as Record<string, string>)
    assert.deepEqual(verify(SECRET, String(body)), JSON.parse(String(body)))
    assert.throws(() => verify(SECRET, String(body).replace('ada@', 'eve@')), /No matching signature/)
    assert.throws(() => verify(`whsec_${Buffer.alloc(32, 8).toString('base64')}`, String(body)))
  })

  it('posts the same event under the same id after a failure', async t => {
    const { publish, received } = await openPublisher(t, inTurn(500, 200))
    const { result, ...failure } = await publish(domainEvent('event-7'))
    assert.deepEqual(
      [result, failure],
      ['failed', { failure: 'unavailable', reason: 'http 500', retryAfterSeconds: undefined }],
    )
    assert.deepEqual(await publish(domainEvent('event-7')), { result: 'accepted' })
    const [first, second] = received
    assert.deepEqual(second?.body, first?.body)
    assert.equal(second?.headers['webhook-id'], first?.headers['webhook-id'])
  })

  it('posts nothing more to a receiver that has answered 410, and logs that once', async t => {
    const { publish, received, logged } = await openPublisher(t, inTurn(204, 410, 204))
    await publish(domainEvent('one'))
    for (const id of ['two', 'three', 'two']) {
      const result = await publish(domainEvent(id))
      assert.ok(result.result === 'failed')
      assert.deepEqual([result.failure, result.reason], ['misconfigured', 'http 410'])
    }
    assert.equal(received.length, 2)
    assert.deepEqual(logged, ['the webhook answers 410: it gets no more events until a restart'])
  })

  const failures = {
    deferred: [400, 406, 409, 413, 415, 422, 423],
    rate_limited: [429],
    unavailable: [408, 500, 502, 503],
    misconfigured: [301, 401, 403, 404],
  }
  for (const [failure, statuses] of Object.entries(failures)) {
    it(`tries an event again, as ${failure}, after ${statuses.join(', ')}`, async t => {
      const { publish } = await openPublisher(t, inTurn(...statuses))
      for (const status of statuses) {
        const result = await publish(domainEvent())
        assert.deepEqual(result, {
          result: 'failed',
          failure,
          reason: `http ${status}`,
          retryAfterSeconds: undefined,
        })
      }
    })
  }
})
