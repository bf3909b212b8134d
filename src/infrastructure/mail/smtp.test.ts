import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { outgoingMail } from '../../../test/support/messages.ts'
import { freePort } from '../embedded/free-port.ts'
import { smtpTransport } from './smtp.ts'

type Received = { from: string; to: string[]; raw: string; connection: string }

/** A mail server that accepts everything, but for the step that the test replaces. */
const startMailServer = async (t: TestContext, steps: SMTPServerOptions = {}) => {
  const received: Received[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    onData: async (stream, session, done) => {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const { mailFrom, rcptTo } = session.envelope
      received.push({
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map(({ address }) => address),
        raw: Buffer.concat(chunks).toString(),
        connection: session.id,
      })
      done()
    },
    ...steps,
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.after(() => new Promise<void>(resolve => server.close(resolve)))
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, received }
}

type Step = 'greeting' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'content' | 'RSET' | 'QUIT'
const USUAL = { greeting: '220 mail.example ESMTP', DATA: '354 go on' }
const SILENCE = ''
const HANG_UP = 'hang up'

/** A mail server down to the socket, which answers what the test says, and "250 ok" to everything else. */
const startScriptedServer = async (t: TestContext, answers: Partial<Record<Step, string>>, delayMs = 0) => {
  const script: Partial<Record<Step, string>> = { ...USUAL, ...answers }
  const steps: string[] = []
  const commands: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    const answer = (step: Step) => {
      steps.push(step)
      const text = script[step] ?? '250 ok'
      if (text === HANG_UP) socket.destroy()
      else if (text !== SILENCE) setTimeout(() => socket.write(`${text}\r\n`), delayMs)
    }
    let content: string | undefined
    socket.on('data', data => {
      if (content === undefined) {
        const command = data.toString().trimEnd()
        commands.push(command)
        answer(command.split(/[ :]/)[0] as Step)
        if (command === 'DATA') content = ''
      } else {
        content += data.toString()
        if (!content.endsWith('\r\n.\r\n')) return
        content = undefined
        answer('content')
      }
    })
    answer('greeting')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, steps, commands }
}

const openTransport = (t: TestContext, url: string, timeoutMs = 10_000) => {
  const transport = smtpTransport({ url, timeoutMs })
  t.after(transport.close)
  return transport
}

const handOverTo = async (t: TestContext, steps: SMTPServerOptions) => {
  const { url } = await startMailServer(t, steps)
  return openTransport(t, url).handOver(outgoingMail())
}

const refusal = (responseCode: number): Error => Object.assign(new Error('no'), { responseCode })

describe('smtpTransport', { timeout: 30_000 }, () => {
  it('hands the mail over with both its texts and headers that tell where it comes from', async t => {
    const { url, received } = await startMailServer(t)
    const mail = outgoingMail()
    assert.deepEqual(await openTransport(t, url).handOver(mail), { result: 'accepted' })

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

  it('gives a mail the same Message-ID on every attempt', async t => {
    const { url, received } = await startMailServer(t)
    const transport = openTransport(t, url)
    for (const id of ['mail-1', 'mail-1', 'mail-2']) await transport.handOver(outgoingMail({ id }))
    const ids = received.map(({ raw }) => /^Message-ID: <(.+)@/m.exec(raw)?.[1])
    assert.deepEqual(ids, ['mail-1', 'mail-1', 'mail-2'])
  })

  const steps: [step: string, (code: number) => SMTPServerOptions][] = [
    ['the sender', code => ({ onMailFrom: (_address, _session, done) => done(refusal(code)) })],
    ['the recipient', code => ({ onRcptTo: (_address, _session, done) => done(refusal(code)) })],
    [
      'the content',
      code => ({
        onData: (stream, _session, done) => {
          stream.on('end', () => done(refusal(code))).resume()
        },
      }),
    ],
  ]
  for (const [step, refusingWith] of steps) {
    it(`takes 5yz about ${step} for a judgement on this very mail`, async t => {
      for (const code of [550, 554]) {
        const result = await handOverTo(t, refusingWith(code))
        assert.deepEqual(result, { result: 'failed', failure: 'refused', reason: `smtp ${code}` })
      }
    })

    it(`takes 4yz about ${step} for something that passes`, async t => {
      for (const code of [450, 451, 452]) {
        const result = await handOverTo(t, refusingWith(code))
        assert.deepEqual(result, { result: 'failed', failure: 'deferred', reason: `smtp ${code}` })
      }
    })
  }

  it('takes 421, at whatever step, for a server that goes away', async t => {
    for (const [, refusingWith] of steps) {
      const result = await handOverTo(t, refusingWith(421))
      assert.deepEqual(result, { result: 'failed', failure: 'unavailable', reason: 'smtp 421' })
    }
  })

  it('blames no mail for a server that wants a login first', async t => {
    const result = await handOverTo(t, { onMailFrom: (_address, _session, done) => done(refusal(530)) })
    assert.deepEqual(result, { result: 'failed', failure: 'misconfigured', reason: 'smtp 530' })
  })

  it('blames no mail for a server that refuses everybody', async t => {
    const result = await handOverTo(t, { onConnect: (_session, done) => done(refusal(554)) })
    assert.deepEqual(result, { result: 'failed', failure: 'unavailable', reason: 'smtp 554' })
  })

  it('blames no mail for credentials that are refused', async t => {
    const { url } = await startMailServer(t, {
      onAuth: (_auth, _session, done) => done(refusal(535)),
    })
    const transport = openTransport(t, url.replace('//', '//user:wrong@'))
    const result = await transport.handOver(outgoingMail())
    assert.deepEqual(result, { result: 'failed', failure: 'misconfigured', reason: 'smtp 535' })
  })

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
    it(`fails for now when the server ${what}`, async t => {
      const { url, steps } = await startScriptedServer(t, { [step]: answer })
      const result = await openTransport(t, url, 300).handOver(outgoingMail())
      assert.ok(result.result === 'failed' && result.failure === 'unavailable')
      assert.notEqual(result.reason, '')
      assert.ok(steps.includes(step), `got no further than ${steps}`)
    })
  }

  // Every step was in time, and together they outlasted the lease: the courier then claimed and mailed it again
  // and again, because a claim that is lost to a newer one settles nothing.
  it('fails for now when all the steps together take too long', async t => {
    const { url, steps } = await startScriptedServer(t, {}, 120)
    const result = await openTransport(t, url, 200).handOver(outgoingMail())
    assert.deepEqual(result, { result: 'failed', failure: 'unavailable', reason: 'no answer in time' })
    assert.ok(!steps.includes('content'))
  })

  it('sends an A-label as it is, to servers that know nothing else', async t => {
    const { url, commands } = await startScriptedServer(t, {})
    const transport = openTransport(t, url)
    const result = await transport.handOver(outgoingMail({ to: 'ada@xn--bcher-kva.example' }))
    assert.deepEqual(result, { result: 'accepted' })
    assert.ok(commands.includes('RCPT TO:<ada@xn--bcher-kva.example>'), commands.join('\n'))
  })

  it('fails for now when nobody listens', async t => {
    const transport = openTransport(t, `smtp://127.0.0.1:${await freePort()}`)
    const result = await transport.handOver(outgoingMail())
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
    assert.match(result.reason, /ECONN|ESOCKET/)
  })

  it('hands the next mail over after one that failed', async t => {
    const { url, received } = await startMailServer(t, {
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('poison') ? refusal(550) : null),
    })
    const transport = openTransport(t, url)
    assert.equal((await transport.handOver(outgoingMail({ to: 'poison@example.com' }))).result, 'failed')
    assert.deepEqual(await transport.handOver(outgoingMail()), { result: 'accepted' })
    assert.equal(received.length, 1)
  })

  it('keeps its connection for the next mail', async t => {
    const { url, received } = await startMailServer(t)
    const transport = openTransport(t, url)
    for (const id of ['mail-1', 'mail-2', 'mail-3']) await transport.handOver(outgoingMail({ id }))
    assert.equal(new Set(received.map(({ connection }) => connection)).size, 1)
  })

  it('hands over as many at once as it says', async t => {
    const waiting: (() => void)[] = []
    const { url } = await startMailServer(t, {
      onRcptTo: (_address, _session, done) => {
        waiting.push(() => done())
        // Nobody is answered before all of them are here.
        if (waiting.length === transport.concurrency) for (const answer of waiting) answer()
      },
    })
    const transport = openTransport(t, url)
    const mails = Array.from({ length: transport.concurrency }, (_, n) => outgoingMail({ id: `mail-${n}` }))
    const results = await Promise.all(mails.map(transport.handOver))
    assert.ok(results.every(({ result }) => result === 'accepted'))
  })
})
