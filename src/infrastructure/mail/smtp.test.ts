import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SMTPServerOptions } from 'smtp-server'
import { outgoingMail } from '../../../test/support/messages.ts'
import {
  HANG_UP,
  openTransport,
  refusal,
  SILENCE,
  type Step,
  startMailServer,
  startScriptedServer,
} from '../../../test/support/smtp-servers.ts'
import type { FailureClass } from '../../domain/failure.ts'
import { freePort } from '../embedded/free-port.ts'

describe('mail by SMTP', { timeout: 30_000 }, () => {
  it('has a text and an HTML part, and Message-ID, X-Correlation-Id and Auto-Submitted: auto-generated', async t => {
    const { url, received } = await startMailServer(t)
    const mail = outgoingMail()
    assert.equal((await openTransport(t, url).handOver(mail)).result, 'accepted')

    const [message] = received
    assert.ok(message)
    assert.equal(message.from, 'no-reply@vestibule.example')
    assert.deepEqual(message.to, ['ada@example.com'])
    const head = message.raw.slice(0, message.raw.indexOf('\r\n\r\n'))
    const parts = message.raw.split(/^--.+$/m)
    // The names of headers know no case, and nodemailer has its own taste.
    const lines = head.toLowerCase().split('\r\n')
    for (const line of [
      'From: Vestibule <no-reply@vestibule.example>',
      'To: ada@example.com',
      'Subject: Your activation code',
      `Message-ID: <${mail.id}@vestibule.example>`,
      'X-Correlation-Id: correlation-1',
      'Auto-Submitted: auto-generated',
    ]) {
      assert.ok(lines.includes(line.toLowerCase()), `${line} in\n${head}`)
    }
    assert.match(head, /^Content-Type: multipart\/alternative;/m)
    const part = (type: string) => parts.find(text => text.startsWith(`\r\nContent-Type: ${type};`)) ?? ''
    assert.match(part('text/plain'), /^ {4}0042\r$/m)
    assert.match(part('text/html'), /<b>0042<\/b>/)
  })

  it('has the same Message-ID on every attempt', async t => {
    const { url, received } = await startMailServer(t)
    const transport = openTransport(t, url)
    for (const id of ['mail-1', 'mail-1', 'mail-2']) await transport.handOver(outgoingMail({ id }))
    const ids = received.map(({ raw }) => /^Message-ID: <(.+)@/m.exec(raw)?.[1])
    assert.deepEqual(ids, ['mail-1', 'mail-1', 'mail-2'])
  })

  type Refusing = (refused: Error) => SMTPServerOptions
  const onMail: Refusing = refused => ({ onMailFrom: (_address, _session, done) => done(refused) })
  const onRecipient: Refusing = refused => ({ onRcptTo: (_address, _session, done) => done(refused) })
  const onContent: Refusing = refused => ({
    onData: (stream, _session, done) => {
      stream.on('end', () => done(refused)).resume()
    },
  })
  const onGreeting: Refusing = refused => ({ onConnect: (_session, done) => done(refused) })

  const judgements: [what: string, Refusing, code: number, says: string, FailureClass, reason: string][] = [
    ['an unknown mailbox', onRecipient, 550, '5.1.1 no such user', 'refused', 'smtp 550 to RCPT TO'],
    ['a full mailbox', onRecipient, 552, '5.2.2 over quota', 'refused', 'smtp 552 to RCPT TO'],
    ['content it does not like', onContent, 554, '5.7.1 spam', 'refused', 'smtp 554 to DATA'],
    ['content that is too large', onContent, 552, '5.3.4 too big', 'refused', 'smtp 552 to DATA'],
    ['greylisting', onRecipient, 450, '4.7.1 try again later', 'deferred', 'smtp 450 to RCPT TO'],
    ['a mailbox that is busy', onRecipient, 451, '4.2.1 try again', 'deferred', 'smtp 451 to RCPT TO'],
    ['a mailbox that is full for now', onRecipient, 452, '4.2.2 full', 'deferred', 'smtp 452 to RCPT TO'],
    ['content it cannot store now', onContent, 451, '4.3.0 trouble', 'deferred', 'smtp 451 to DATA'],
    ['a sending rate', onContent, 454, 'Throttling failure', 'rate_limited', 'smtp 454 to DATA'],
    ['too much mail', onMail, 450, '4.7.1 too much mail', 'rate_limited', 'smtp 450 to MAIL FROM'],
    ['too many connections', onGreeting, 421, '4.7.0 too many', 'rate_limited', 'smtp 421'],
    ['going away, at first', onGreeting, 421, '4.3.2 bye', 'unavailable', 'smtp 421'],
    ['going away, of the sender', onMail, 421, '4.3.2 bye', 'unavailable', 'smtp 421 to MAIL FROM'],
    ['going away, of the recipient', onRecipient, 421, '4.3.2 bye', 'unavailable', 'smtp 421'],
    ['going away, of the content', onContent, 421, '4.3.2 bye', 'unavailable', 'smtp 421 to DATA'],
    ['a full disk, of the sender', onMail, 452, '4.3.1 no space', 'unavailable', 'smtp 452 to MAIL FROM'],
    ['a session out of step', onRecipient, 503, '5.5.1 bad order', 'unavailable', 'smtp 503 to RCPT TO'],
    ['nobody being welcome', onGreeting, 554, '5.7.1 go away', 'unavailable', 'smtp 554'],
    [
      'a sender that it does not know',
      onMail,
      553,
      '5.7.1 not yours',
      'misconfigured',
      'smtp 553 to MAIL FROM',
    ],
    ['a login that is missing', onMail, 530, '5.7.0 log in', 'misconfigured', 'smtp 530 to MAIL FROM'],
    ['a login that is missing, later', onRecipient, 530, 'log in', 'misconfigured', 'smtp 530 to RCPT TO'],
  ]
  for (const [what, refusing, code, says, failure, reason] of judgements) {
    it(`fails as ${failure} at ${what}: ${code} ${says}`, async t => {
      const { url } = await startMailServer(t, refusing(refusal(code, says)))
      const result = await openTransport(t, url).handOver(outgoingMail())
      assert.deepEqual(result, { result: 'failed', failure, reason })
    })
  }

  const answers: [says: string, acceptedAs: string | undefined][] = [
    ['250 2.0.0 Ok: queued as 4ZkQ1T3xyz', '4ZkQ1T3xyz'],
    ['250 OK id=1tKd2a-000000-Ab', '1tKd2a-000000-Ab'],
    ['250 2.0.0 Ok: queued as <ada@example.com>', undefined],
    [`250 2.0.0 Ok: queued as ${'x'.repeat(65)}`, undefined],
    ['250 great success', undefined],
  ]
  for (const [says, acceptedAs] of answers) {
    it(`is accepted as ${acceptedAs ?? '(no id)'} when the server says ${says}`, async t => {
      const { url } = await startScriptedServer(t, { content: says })
      const result = await openTransport(t, url).handOver(outgoingMail())
      assert.deepEqual(result, { result: 'accepted', acceptedAs })
    })
  }

  const troubles: [what: string, step: Step, answer: string][] = [
    ['falls silent instead of greeting', 'greeting', SILENCE],
    ['falls silent about the recipient', 'RCPT', SILENCE],
    ['falls silent about the content', 'content', SILENCE],
    ['hangs up instead of greeting', 'greeting', HANG_UP],
    ['hangs up about the sender', 'MAIL', HANG_UP],
    ['hangs up about the content, as after a lost reply', 'content', HANG_UP],
    ['speaks HTTP', 'greeting', 'HTTP/1.1 200 OK'],
    ['answers the content with garbage', 'content', '\x00\xff'],
  ]
  for (const [what, step, answer] of troubles) {
    it(`fails as unavailable when the server ${what}`, async t => {
      const { url, steps } = await startScriptedServer(t, { [step]: answer })
      const result = await openTransport(t, url, 1000).handOver(outgoingMail())
      assert.ok(result.result === 'failed' && result.failure === 'unavailable')
      assert.notEqual(result.reason, '')
      assert.ok(steps.includes(step), `got no further than ${steps}`)
    })
  }

  // Every step was in time, and together they outlasted the lease: the courier then claimed and mailed it again
  // and again, because a claim that is lost to a newer one settles nothing.
  it('fails as unavailable when all the steps together take longer than MAIL_TIMEOUT_MS', async t => {
    const { url, steps } = await startScriptedServer(t, {}, 120)
    const result = await openTransport(t, url, 200).handOver(outgoingMail())
    assert.deepEqual(result, { result: 'failed', failure: 'unavailable', reason: 'no answer in time' })
    assert.ok(!steps.includes('content'))
  })

  it('goes to an A-label as it is, without SMTPUTF8', async t => {
    const { url, commands } = await startScriptedServer(t, {})
    const transport = openTransport(t, url)
    const result = await transport.handOver(outgoingMail({ to: 'ada@xn--bcher-kva.example' }))
    assert.equal(result.result, 'accepted')
    assert.ok(commands.includes('RCPT TO:<ada@xn--bcher-kva.example>'), commands.join('\n'))
  })

  it('fails as unavailable when nobody listens', async t => {
    const transport = openTransport(t, `smtp://127.0.0.1:${await freePort()}`)
    const result = await transport.handOver(outgoingMail())
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
    assert.equal(result.reason, 'ECONNREFUSED')
  })
})
