import { Writable } from 'node:stream'
import { pino } from 'pino'
import { type App, createApp, type Parts } from '../../src/app.ts'
import type { HandOverResult } from '../../src/application/courier.ts'
import { readConfig } from '../../src/config.ts'
import type { OutgoingMail } from '../../src/infrastructure/mail/transport.ts'
import { createDatabase, type TestDatabase } from './database.ts'

/** A mail service that keeps what it accepts, and behaves as the test says. */
export type FakeMailService = {
  transport: Parts['mailTransport']
  /** Every hand-over there was, in order, accepted or not. */
  attempts: OutgoingMail[]
  /** Waits for the `nth` (from 1) accepted mail to an address. */
  mailTo: (address: string, nth?: number) => Promise<OutgoingMail>
  /** Waits for the code in that mail. */
  codeFor: (address: string, nth?: number) => Promise<string>
  /** Replaces what the service does from now on; the default accepts everything at once. */
  behave: (behaviour: (mail: OutgoingMail) => Promise<HandOverResult>) => void
}

export const createFakeMailService = (): FakeMailService => {
  const attempts: OutgoingMail[] = []
  const accepted: OutgoingMail[] = []
  const waiting = new Set<() => void>()
  let behaviour = async (_mail: OutgoingMail): Promise<HandOverResult> => ({ result: 'accepted' })

  const mailTo: FakeMailService['mailTo'] = (address, nth = 1) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const mail = accepted.filter(({ to }) => to === address)[nth - 1]
        if (!mail) return
        waiting.delete(look)
        clearTimeout(timer)
        resolve(mail)
      }
      const timer = setTimeout(() => reject(new Error(`no mail number ${nth} to ${address}`)), 30_000)
      waiting.add(look)
      look()
    })

  return {
    attempts,
    mailTo,
    codeFor: async (address, nth) => codeIn(await mailTo(address, nth)),
    behave: next => {
      behaviour = next
    },
    transport: {
      handOver: async mail => {
        attempts.push(mail)
        const result = await behaviour(mail)
        if (result.result === 'accepted') {
          accepted.push(mail)
          for (const look of [...waiting]) look()
        }
        return result
      },
      concurrency: 100,
      close: () => {},
    },
  }
}

/** The code as a reader finds it: the only line of nothing but digits. */
export const codeIn = (mail: { text: string }): string => {
  const code = /^\s*(\d{4,8})\s*$/m.exec(mail.text)?.[1]
  if (!code) throw new Error(`no code in: ${mail.text}`)
  return code
}

export type RunningApp = {
  url: string
  database: TestDatabase
  mail: FakeMailService
  /** Everything logged so far, a parsed line each. */
  logged: Record<string, unknown>[]
  stop: () => Promise<void>
}

/** The lightest parameters Argon2 takes: most tests are not about what a hash costs. */
export const CHEAP_HASHES = { ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1' }

export const TEST_SECRET_KEY = 'a-key-for-tests-and-for-nothing-but-tests'

/**
 * The real app over a real socket on a database of its own, with only the mail service replaced. `env` is what
 * an operator would set; `database` lets several apps share one.
 */
export const startApp = async (
  options: { env?: Record<string, string>; database?: TestDatabase; parts?: Partial<Parts> } = {},
): Promise<RunningApp> => {
  const database = options.database ?? (await createDatabase())
  const mail = createFakeMailService()
  const logged: Record<string, unknown>[] = []
  const lines = new Writable({
    write: (chunk, _encoding, done) => {
      for (const line of String(chunk).trimEnd().split('\n')) logged.push(JSON.parse(line))
      done()
    },
  })
  const config = readConfig(
    {
      DATABASE_URL: database.url,
      SECRET_KEY: TEST_SECRET_KEY,
      PORT: '0',
      PUBLIC_URL: 'http://localhost:8000',
      ...CHEAP_HASHES,
      ...options.env,
    },
    false,
  )
  const parts = { log: pino({ base: null }, lines), mailTransport: mail.transport, ...options.parts }
  const app: App = createApp(config, '.data', parts)
  const { api } = await app.start()
  return {
    url: api,
    database,
    mail,
    logged,
    stop: async () => {
      await app.stop()
      if (!options.database) await database.drop()
    },
  }
}
