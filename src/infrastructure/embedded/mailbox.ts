import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

export type Mailbox = { smtpUrl: string; pageUrl: string; stop: () => void }

const PREFERRED_SMTP_PORT = 1025
const PREFERRED_PAGE_PORT = 8025
const MOST_TRIES = 3

/**
 * Starts a local mail server with a page on which its mails can be read (MailDev), on free ports when the usual
 * ones are taken. It is a process of its own because MailDev handles signals as if it were alone, and it ends
 * with this process, however that ends.
 */
export const startMailbox = async (): Promise<Mailbox> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return tries === 1 ? await startOn(PREFERRED_SMTP_PORT, PREFERRED_PAGE_PORT) : await startOn(0, 0)
    } catch (error) {
      // A port that was free a moment ago is taken by somebody who looked at the same time.
      if (tries === MOST_TRIES) throw error
    }
  }
}

const startOn = async (preferredSmtpPort: number, preferredPagePort: number): Promise<Mailbox> => {
  const smtpPort = await freePort(preferredSmtpPort)
  const pagePort = await freePort(preferredPagePort)
  const program = fileURLToPath(new URL('./mailbox-process.ts', import.meta.url))
  // Detached, so that Ctrl-C in a terminal reaches it through this process alone.
  const child = fork(program, [String(smtpPort), String(pagePort)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`the local mailbox did not start (exit code ${code})`)))
  })
  return {
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    pageUrl: `http://localhost:${pagePort}`,
    stop: () => {
      if (child.connected) child.disconnect()
    },
  }
}
