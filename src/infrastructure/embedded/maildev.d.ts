/** MailDev 2 ships no types; these are what mailbox-process.ts uses. */
declare module 'maildev' {
  export default class MailDev {
    constructor(options: {
      smtp: number | undefined
      web: number | undefined
      ip: string
      silent: boolean
    })
    listen(): Promise<void>
  }
}
