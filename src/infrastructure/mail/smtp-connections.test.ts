import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outgoingMail } from '../../../test/support/messages.ts'
import { openTransport, refusal, startMailServer } from '../../../test/support/smtp-servers.ts'
import type { MailTransport } from './transport.ts'

const handOverMany = (transport: MailTransport, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => transport.handOver(outgoingMail({ id: `mail-${n}` }))))

const assertAllAccepted = async (results: ReturnType<typeof handOverMany>) => {
  for (const { result } of await results) assert.equal(result, 'accepted')
}

describe('connections to the SMTP server', { timeout: 30_000 }, () => {
  it('carry the next mail after one that failed', async t => {
    const { url, received } = await startMailServer(t, {
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('poison') ? refusal(550) : null),
    })
    const transport = openTransport(t, url)
    assert.equal((await transport.handOver(outgoingMail({ to: 'poison@example.com' }))).result, 'failed')
    assert.equal((await transport.handOver(outgoingMail())).result, 'accepted')
    assert.equal(received.length, 1)
  })

  it('are kept for the next mail', async t => {
    const { url, received } = await startMailServer(t)
    const transport = openTransport(t, url)
    for (const id of ['mail-1', 'mail-2', 'mail-3']) await transport.handOver(outgoingMail({ id }))
    assert.equal(new Set(received.map(({ connection }) => connection)).size, 1)
  })

  it('carry as many mails at once as the courier hands over', async t => {
    const waiting: (() => void)[] = []
    const { url } = await startMailServer(t, {
      onRcptTo: (_address, _session, done) => {
        waiting.push(() => done())
        // Nobody is answered before all of them are here.
        if (waiting.length === transport.concurrency) for (const answer of waiting) answer()
      },
    })
    const transport = openTransport(t, url)
    await assertAllAccepted(handOverMany(transport, transport.concurrency))
  })

  it('are no more than maxConnections in SMTP_URL', async t => {
    const { url, received } = await startMailServer(t)
    const transport = openTransport(t, `${url}?maxConnections=3`)
    assert.equal(transport.concurrency, 3)
    await assertAllAccepted(handOverMany(transport, 12))
    assert.equal(new Set(received.map(({ connection }) => connection)).size, 3)
  })

  it('are made anew after maxMessages mails, as SMTP_URL has it', async t => {
    const { url, received } = await startMailServer(t)
    const transport = openTransport(t, `${url}?maxMessages=2`)
    for (let nth = 0; nth < 4; nth += 1) await assertAllAccepted(handOverMany(transport, 1))
    assert.equal(new Set(received.map(({ connection }) => connection)).size, 2)
  })

  it('may end while they are idle: no mail fails for it', async t => {
    const { url, received, cutConnections } = await startMailServer(t)
    const transport = openTransport(t, url)
    await assertAllAccepted(handOverMany(transport, transport.concurrency))
    cutConnections()
    await assertAllAccepted(handOverMany(transport, transport.concurrency))
    assert.equal(received.length, 2 * transport.concurrency)
  })

  it('may end with a restart of the server: no mail fails for it', async t => {
    const before = await startMailServer(t)
    const transport = openTransport(t, before.url)
    await assertAllAccepted(handOverMany(transport, transport.concurrency))
    await before.stop()
    const after = await startMailServer(t, {}, before.port)
    await assertAllAccepted(handOverMany(transport, transport.concurrency))
    assert.equal(after.received.length, transport.concurrency)
  })

  const farewells: [how: string, farewell: (cut: () => void, done: (error: Error) => void) => void][] = [
    ['says goodbye', (_cut, done) => done(refusal(421, '4.7.0 enough'))],
    ['hangs up', cut => cut()],
  ]
  for (const [how, farewell] of farewells) {
    it(`may serve one mail only: no mail fails for a server that ${how} when it is asked for more`, async t => {
      const served = new Set<string>()
      const server = await startMailServer(t, {
        onMailFrom: (_address, session, done) => {
          if (served.has(session.id)) farewell(server.cutConnections, done)
          else done()
          served.add(session.id)
        },
      })
      const transport = openTransport(t, server.url)
      for (let nth = 0; nth < 3; nth += 1) await assertAllAccepted(handOverMany(transport, 1))
      assert.equal(served.size, 3)
    })
  }

  it('may be forgotten on the way: the mail fails as unavailable in time, and the next one is accepted', async t => {
    let forgotten = ''
    const { url, received } = await startMailServer(t, {
      onMailFrom: (_address, { id }, done) => {
        if (id !== forgotten) done()
      },
    })
    const transport = openTransport(t, url, 2000)
    await assertAllAccepted(handOverMany(transport, 1))
    forgotten = received[0]?.connection ?? ''
    assert.deepEqual(await transport.handOver(outgoingMail()), {
      result: 'failed',
      failure: 'unavailable',
      reason: 'no answer in time',
    })
    await assertAllAccepted(handOverMany(transport, 1))
  })
})
