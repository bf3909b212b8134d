import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { selfSigned } from '../../../test/support/certificate.ts'
import { answerWith, startMailService } from '../../../test/support/mail-service.ts'
import { handOverTo, openTransport } from '../../../test/support/mail-transport.ts'
import { outgoingMail } from '../../../test/support/messages.ts'
import { freePort } from '../embedded/free-port.ts'

describe('mail by HTTP, its connections', { timeout: 30_000 }, () => {
  it('fails as unavailable when there is no answer in time', async t => {
    const result = await handOverTo(t, () => {}, 100)
    assert.deepEqual(result, { result: 'failed', failure: 'unavailable', reason: 'no answer in time' })
  })

  it('fails as unavailable when the connection ends without an answer', async t => {
    const result = await handOverTo(t, response => void response.destroy())
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
    assert.notEqual(result.reason, '')
  })

  it('fails as unavailable when nobody listens', async t => {
    const transport = openTransport(t, `http://127.0.0.1:${await freePort()}`)
    const result = await transport.handOver(outgoingMail())
    assert.deepEqual(result, { result: 'failed', failure: 'unavailable', reason: 'ECONNREFUSED' })
  })

  it('fails as unavailable when the answer is not HTTP', async t => {
    const sockets: Socket[] = []
    const server = createTcpServer(socket => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.once('data', () => socket.end('220 mail.example ESMTP\r\n'))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const transport = openTransport(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const result = await transport.handOver(outgoingMail())
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
  })

  it('is accepted after one that failed', async t => {
    let answer: (response: ServerResponse) => void = response => void response.destroy()
    const { url } = await startMailService(t, response => answer(response))
    const transport = openTransport(t, url)
    assert.equal((await transport.handOver(outgoingMail())).result, 'failed')
    answer = answerWith(200)
    assert.deepEqual(await transport.handOver(outgoingMail()), { result: 'accepted' })
  })

  it('carries as many mails at once as the courier hands over', async t => {
    const waiting: ServerResponse[] = []
    const { url } = await startMailService(t, response => {
      waiting.push(response)
      // Nobody is answered before all of them are here.
      if (waiting.length === transport.concurrency) for (const each of waiting) answerWith(200)(each)
    })
    const transport = openTransport(t, url)
    const mails = Array.from({ length: transport.concurrency }, (_, n) => outgoingMail({ id: `${n}` }))
    const results = await Promise.all(mails.map(transport.handOver))
    assert.ok(results.every(({ result }) => result === 'accepted'))
  })

  it('fails as unavailable when the service stops meanwhile', async t => {
    const { url, received } = await startMailService(t, () => transport.close())
    const transport = openTransport(t, url)
    const result = await transport.handOver(outgoingMail())
    assert.equal(received.length, 1)
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
  })

  it('keeps its connections for the next mails, whatever the answer is', async t => {
    const answers = [answerWith(202), answerWith(422, {}, 'no JSON'), answerWith(429)]
    let count = 0
    const { url, received, connections } = await startMailService(t, response =>
      answers[count++ % answers.length]?.(response),
    )
    const transport = openTransport(t, url)
    for (let n = 0; n < 12; n++) await transport.handOver(outgoingMail())
    assert.equal(received.length, 12)
    // The first connection is not free again at once, so a second one is opened, and no more.
    assert.ok(connections.size <= 2, `${connections.size} connections`)
  })

  it('fails as misconfigured, and sends nothing, when the certificate is not trusted', async t => {
    let requests = 0
    const server = createTlsServer(selfSigned(['127.0.0.1']), () => requests++)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const transport = openTransport(t, `https://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const result = await transport.handOver(outgoingMail())
    const reason = 'DEPTH_ZERO_SELF_SIGNED_CERT'
    assert.deepEqual(result, { result: 'failed', failure: 'misconfigured', reason })
    assert.equal(requests, 0)
  })
})
