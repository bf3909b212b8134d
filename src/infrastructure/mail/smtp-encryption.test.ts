import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { SMTPServerOptions } from 'smtp-server'
import { selfSigned } from '../../../test/support/certificate.ts'
import { outgoingMail } from '../../../test/support/messages.ts'
import {
  openTransport,
  refusal,
  startMailServer,
  startScriptedServer,
  startWiretap,
} from '../../../test/support/smtp-servers.ts'
import type { FailureClass } from '../../domain/failure.ts'

const USER = 'us er'
const PASSWORD = 'p@ss:word/%'
const CREDENTIALS = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}@`
/** As a host to connect to it is this machine, and yet no name of it: like any other, to the transport. */
const ELSEWHERE = '0.0.0.0'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
/** What must not be seen on the way: the credentials, in every form that AUTH knows, and the mail. */
const SECRETS = [
  ...[USER, PASSWORD, `\0${USER}\0${PASSWORD}`].flatMap(text => [text, base64(text)]),
  'ada@example.com',
  '0042',
]

const trusted = selfSigned(['127.0.0.1', ELSEWHERE])
const trusting = ({ cert }: { cert: string }): string => `tls.ca=${encodeURIComponent(cert)}`

const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _session, done) =>
  username === USER && password === PASSWORD ? done(null, { user: username }) : done(refusal(535))

const startEncrypted = (t: TestContext, changes: SMTPServerOptions = {}) =>
  startMailServer(t, { ...trusted, allowInsecureAuth: false, onAuth, ...changes })

const handOver = (t: TestContext, url: string) => openTransport(t, url).handOver(outgoingMail())

describe('mail by SMTP, encrypted', { timeout: 30_000 }, () => {
  it('logs in after STARTTLS; no credentials, address or code cross in plain text', async t => {
    const { port, received } = await startEncrypted(t)
    const wire = await startWiretap(t, port)
    const url = `smtp://${CREDENTIALS}${ELSEWHERE}:${wire.port}?${trusting(trusted)}`
    assert.equal((await handOver(t, url)).result, 'accepted')
    assert.deepEqual([received[0]?.encrypted, received[0]?.user], [true, USER])

    const crossed = wire.crossed()
    assert.match(crossed, /STARTTLS\r\n/)
    const [plain = ''] = crossed.split(/(?<=STARTTLS\r\n)/)
    assert.match(plain, /^EHLO \S+\r\nSTARTTLS\r\n$/)
    for (const secret of SECRETS) assert.ok(!crossed.includes(secret), secret)
  })

  it('logs in over TLS from the first byte with smtps://', async t => {
    const { port, received } = await startEncrypted(t, { secure: true })
    const wire = await startWiretap(t, port)
    const url = `smtps://${CREDENTIALS}${ELSEWHERE}:${wire.port}?${trusting(trusted)}`
    assert.equal((await handOver(t, url)).result, 'accepted')
    assert.deepEqual([received[0]?.encrypted, received[0]?.user], [true, USER])
    for (const secret of SECRETS) assert.ok(!wire.crossed().includes(secret), secret)
  })

  it('is encrypted without credentials too when the server offers it', async t => {
    const { port, received } = await startEncrypted(t)
    assert.equal((await handOver(t, `smtp://${ELSEWHERE}:${port}?${trusting(trusted)}`)).result, 'accepted')
    assert.equal(received[0]?.encrypted, true)
  })

  it('trusts the authorities in NODE_EXTRA_CA_CERTS', async t => {
    const { port, received } = await startEncrypted(t)
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-'))
    t.after(() => rm(folder, { recursive: true }))
    const file = join(folder, 'ca.pem')
    await writeFile(file, trusted.cert)
    const url = `smtp://${CREDENTIALS}${ELSEWHERE}:${port}`
    const script = `
      import { smtpTransport } from ${JSON.stringify(import.meta.resolve('./smtp.ts'))}
      const transport = smtpTransport({ url: ${JSON.stringify(url)}, timeoutMs: 10_000 })
      console.log((await transport.handOver(${JSON.stringify(outgoingMail())})).result)
      transport.close()
    `
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: file }
    const { stdout } = await promisify(execFile)(process.execPath, ['--eval', script], { env })
    assert.equal(stdout, 'accepted\n')
    assert.equal(received[0]?.user, USER)
  })
})

describe('mail by SMTP, to a server that is not trusted', { timeout: 30_000 }, () => {
  const elsewhere = selfSigned(['mail.example'])
  const expired = selfSigned(['127.0.0.1'], -60_000)
  const broken: [what: string, SMTPServerOptions, scheme: string, query: string, reason: string][] = [
    ['a self-signed certificate', {}, 'smtp', '', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['a self-signed certificate with smtps://', { secure: true }, 'smtps', '', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'a certificate for another name',
      elsewhere,
      'smtp',
      trusting(elsewhere),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    ['an expired certificate', expired, 'smtp', trusting(expired), 'CERT_HAS_EXPIRED'],
    ['a server without TLS at smtps://', { cert: '' }, 'smtps', '', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ]
  for (const [what, changes, scheme, query, reason] of broken) {
    it(`fails as misconfigured, and sends nothing, for ${what}`, async t => {
      const { port, received } = await startEncrypted(t, changes)
      const result = await handOver(t, `${scheme}://${CREDENTIALS}127.0.0.1:${port}?${query}`)
      assert.deepEqual(result, { result: 'failed', failure: 'misconfigured', reason })
      assert.deepEqual(received, [])
    })
  }

  it('is sent all the same with tls.rejectUnauthorized=false in SMTP_URL', async t => {
    const { port, received } = await startEncrypted(t)
    const url = `smtp://${CREDENTIALS}127.0.0.1:${port}?tls.rejectUnauthorized=false`
    assert.equal((await handOver(t, url)).result, 'accepted')
    assert.equal(received[0]?.encrypted, true)
  })

  it('goes by the name in tls.servername of SMTP_URL', async t => {
    const { port } = await startEncrypted(t, elsewhere)
    const url = `smtp://127.0.0.1:${port}?${trusting(elsewhere)}&tls.servername=mail.example`
    assert.equal((await handOver(t, url)).result, 'accepted')
  })

  it('fails as unavailable with smtp:// on a port for smtps://', async t => {
    const { port } = await startEncrypted(t, { secure: true })
    const result = await openTransport(t, `smtp://127.0.0.1:${port}`, 300).handOver(outgoingMail())
    assert.ok(result.result === 'failed' && result.failure === 'unavailable')
  })
})

describe('mail by SMTP, with credentials', { timeout: 30_000 }, () => {
  const OFFERING_AUTH = '250-mail.example\r\n250 AUTH PLAIN LOGIN'
  const OFFERING_STARTTLS = '250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN'
  const ASKED_FOR_TLS = ['EHLO', 'STARTTLS']
  const stripped: [what: string, EHLO: string, STARTTLS: string, sent: string[], FailureClass][] = [
    ['offers no STARTTLS', OFFERING_AUTH, '502 5.5.1 what?', ASKED_FOR_TLS, 'misconfigured'],
    ['refuses STARTTLS', OFFERING_STARTTLS, '501 5.5.4 no', ASKED_FOR_TLS, 'misconfigured'],
    ['refuses STARTTLS for now', OFFERING_STARTTLS, '454 4.7.0 later', ASKED_FOR_TLS, 'unavailable'],
    ['knows no EHLO', '502 5.5.1 what?', '', ['EHLO'], 'unavailable'],
  ]
  for (const [what, EHLO, STARTTLS, sent, failure] of stripped) {
    it(`sends no credentials to another host that ${what}, whatever SMTP_URL says about TLS`, async t => {
      for (const query of ['', '?requireTLS', '?ignoreTLS=true', '?opportunisticTLS=true']) {
        const server = await startScriptedServer(t, { EHLO, STARTTLS })
        const result = await handOver(t, `smtp://${CREDENTIALS}${ELSEWHERE}:${server.port}${query}`)
        assert.ok(result.result === 'failed', query)
        assert.equal(result.failure, failure, query)
        // Whatever was sent is in the list: two commands that say nothing.
        assert.deepEqual(
          server.commands.map(command => command.split(' ')[0]),
          sent,
          query,
        )
      }
    })
  }

  const inPlain = [`${ELSEWHERE}:PORT?requireTLS=false`, '127.0.0.1:PORT', 'localhost:PORT']
  for (const place of inPlain) {
    it(`logs in in plain text to this machine, and elsewhere only when SMTP_URL says so: ${place}`, async t => {
      const server = await startScriptedServer(t, { EHLO: OFFERING_AUTH, AUTH: '235 welcome' })
      const url = `smtp://${CREDENTIALS}${place.replace('PORT', String(server.port))}`
      assert.equal((await handOver(t, url)).result, 'accepted')
      assert.ok(SECRETS.some(secret => server.commands.some(command => command.includes(secret))))
    })
  }

  it('sends nothing to a server that offers no login', async t => {
    const { port, received } = await startEncrypted(t, { disabledCommands: ['AUTH'] })
    const result = await handOver(t, `smtp://${CREDENTIALS}127.0.0.1:${port}?${trusting(trusted)}`)
    const reason = 'smtp 500 to AUTH PLAIN'
    assert.deepEqual(result, { result: 'failed', failure: 'misconfigured', reason })
    assert.deepEqual(received, [])
  })

  const refused: [what: string, SMTPServerOptions, FailureClass, reason: string][] = [
    ['are wrong', {}, 'misconfigured', 'smtp 535 to AUTH PLAIN'],
    ['are of no use', { authMethods: ['XOAUTH2'] }, 'misconfigured', 'smtp 504 to AUTH PLAIN'],
    ['cannot be judged now', { onAuth: cannotTell }, 'unavailable', 'smtp 454 to AUTH PLAIN'],
  ]
  for (const [what, changes, failure, reason] of refused) {
    it(`fails as ${failure} when they ${what}`, async t => {
      const { port } = await startEncrypted(t, changes)
      const result = await handOver(t, `smtp://ada:wrong@127.0.0.1:${port}?${trusting(trusted)}`)
      assert.deepEqual(result, { result: 'failed', failure, reason })
    })
  }

  it('fails as misconfigured without a password', async t => {
    const { port } = await startEncrypted(t)
    const result = await handOver(t, `smtp://ada@127.0.0.1:${port}?${trusting(trusted)}`)
    assert.deepEqual(result, { result: 'failed', failure: 'misconfigured', reason: 'EAUTH' })
  })
})

function cannotTell(...[, , done]: Parameters<NonNullable<SMTPServerOptions['onAuth']>>): void {
  done(refusal(454, '4.7.0 the directory is away'))
}
