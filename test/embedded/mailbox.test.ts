import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { describe, it } from 'node:test'
import { createTransport } from 'nodemailer'
import { startMailbox } from '../../src/infrastructure/embedded/mailbox.ts'
import { startChildScript } from '../support/child-script.ts'
import { newAddress } from '../support/client.ts'
import { mailsIn } from '../support/mailbox.ts'

const MODULE = import.meta.resolve('../../src/infrastructure/embedded/mailbox.ts')

const sendTo = async (smtpUrl: string, to: string): Promise<void> => {
  const transport = createTransport(smtpUrl)
  await transport.sendMail({ from: 'test@example.com', to, subject: 'Hello', text: 'Your code: 1234' })
  transport.close()
}

/** A connection to the port of a URL, made now; its end tells that the server has ended. */
const connectTo = async (url: string) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.resume()
  await once(socket, 'connect')
  return { ended: once(socket, 'close') }
}

/** Makes sure that somebody listens on a port: this test, if nobody else does. */
const occupy = (port: number): Promise<Server> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(server))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })

describe('the local mailbox', () => {
  it('takes a mail by SMTP and shows it on its page, until it is stopped', async () => {
    const mailbox = await startMailbox()
    const address = newAddress()
    await sendTo(mailbox.smtpUrl, address)
    const [mail] = await mailsIn(mailbox.pageUrl, address)
    assert.equal(mail?.subject, 'Hello')
    assert.match(mail?.text ?? '', /Your code: 1234/)
    assert.equal((await fetch(mailbox.pageUrl)).status, 200)

    const { ended } = await connectTo(mailbox.smtpUrl)
    mailbox.stop()
    await ended
    await assert.rejects(fetch(mailbox.pageUrl))
    mailbox.stop()
  })

  it('takes free ports when the usual ones are taken', async t => {
    const occupied = await Promise.all([occupy(1025), occupy(8025)])
    t.after(() => occupied.map(server => server.close()))
    const [one, other] = await Promise.all([startMailbox(), startMailbox()])
    const ports = [one.smtpUrl, one.pageUrl, other.smtpUrl, other.pageUrl].map(url => new URL(url).port)
    assert.equal(new Set(ports).size, 4)
    assert.ok(!ports.includes('1025') && !ports.includes('8025'))

    const address = newAddress()
    await sendTo(other.smtpUrl, address)
    assert.equal((await mailsIn(other.pageUrl, address)).length, 1)
    for (const mailbox of [one, other]) mailbox.stop()
  })

  it('ends with the service, even when that is killed', async () => {
    const parent = await startChildScript(`
      import { startMailbox } from ${JSON.stringify(MODULE)}
      const { smtpUrl, pageUrl } = await startMailbox()
      console.log(JSON.stringify([smtpUrl, pageUrl]))
    `)
    const connections = await Promise.all(JSON.parse(parent.said).map(connectTo))
    await parent.kill()
    for (const { ended } of connections) await ended
  })
})
