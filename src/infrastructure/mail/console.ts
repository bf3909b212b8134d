import type { MailTransport } from './transport.ts'

/** Shows mails, codes included, where the service runs. For trying things out, never for other people's mail. */
export const consoleTransport = (print: (text: string) => void): MailTransport => ({
  handOver: async mail => {
    print(`\n  to       ${mail.to}\n  subject  ${mail.subject}\n\n${mail.text.replace(/^/gm, '  ')}\n`)
    return { result: 'accepted' }
  },
  concurrency: 100,
  close: () => {},
})
