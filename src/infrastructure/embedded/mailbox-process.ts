// Run by mailbox.ts as a child: MailDev on the two ports it is given. Its only tie to the parent is the IPC
// channel, which closes when the parent stops it and when the parent dies.
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import MailDev from 'maildev'

const [smtp, web] = process.argv.slice(2).map(Number)
process.on('disconnect', () => process.exit(0))

const server = new MailDev({ smtp, web, ip: '127.0.0.1', silent: true })
await server.listen()
while (!(await pageAnswers())) await sleep(20)
process.send?.('ready')

function pageAnswers(): Promise<boolean> {
  return new Promise(resolve => {
    get({ host: '127.0.0.1', port: web, path: '/healthz' }, response => {
      response.resume()
      resolve(true)
    }).on('error', () => resolve(false))
  })
}
