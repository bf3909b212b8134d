import { setTimeout as sleep } from 'node:timers/promises'

type Mail = {
  subject: string
  text: string
  html: string
  to: { address: string }[]
  headers: Record<string, string>
}

/** Waits for mail to an address in the local mailbox, through the API behind its page. */
export const mailsIn = async (mailbox: string, address: string, atLeast = 1): Promise<Mail[]> => {
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    const all = (await (await fetch(`${mailbox}/email`)).json()) as Mail[]
    const mails = all.filter(({ to }) => to.some(recipient => recipient.address === address))
    if (mails.length >= atLeast) return mails
    await sleep(50)
  }
  throw new Error(`no mail to ${address} in ${mailbox}`)
}
