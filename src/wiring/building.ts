import { readFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import type { createPasswordHashing } from '../infrastructure/crypto/password-hashing.ts'
import type { Log } from '../infrastructure/log.ts'
import type { MailTransport } from '../infrastructure/mail/transport.ts'

/** What tests and benchmarks may put in the place of the real thing. */
export type StandIns = {
  log?: Log
  mailTransport?: MailTransport
  hashing?: Awaited<ReturnType<typeof createPasswordHashing>>
}

/** What every part of the service is built with. */
export type Building = {
  config: Config
  /** Where the embedded database lives. */
  dataDir: string
  log: Log
  /** Closes what was opened, the last first. */
  running: AsyncDisposableStack
  standIns: StandIns
  /** Of this package, as the API and the traces tell it. */
  version: string
}

export const packageVersion = (): string =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
