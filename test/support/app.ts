import { Writable } from 'node:stream'
import { pino } from 'pino'
import { type App, createApp, type StandIns } from '../../src/app.ts'
import type { HandOverResult } from '../../src/application/outbox.ts'
import { readConfig } from '../../src/config.ts'
import type { MailTransport, OutgoingMail } from '../../src/infrastructure/mail/transport.ts'
import { createDatabase, type TestDatabase } from './database.ts'
import { createNews } from './news.ts'
import { CHEAP_HASHES, NO_METRICS, NO_NETWORK_LIMITS, PATIENT } from './settings.ts'

/** A mail service that keeps what it accepts, and behaves as the test says. */
export type FakeMailService = {
  transport: MailTransport
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
  const news = createNews()
  let behaviour = async (_mail: OutgoingMail): Promise<HandOverResult> => ({ result: 'accepted' })

  const mailTo: FakeMailService['mailTo'] = async (address, nth = 1) => {
    const mails = () => accepted.filter(({ to }) => to === address)
    await news.until(() => mails().length >= nth, `no mail number ${nth} to ${address}`)
    return mails()[nth - 1] as OutgoingMail
  }

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
          news.tell()
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
  /** Waits for a log line that is like this one, be it there already or still to come. */
  logLine: (like: Record<string, unknown>) => Promise<Record<string, unknown>>
  stop: () => Promise<void>
}

export const TEST_SECRET_KEY = 'a-key-for-tests-and-for-nothing-but-tests'

/**
 * The real app over a real socket on a database of its own, with only the mail service replaced. `env` is what
 * an operator would set; `database` lets several apps share one. With `realMail` not even the mail service is
 * replaced: `env` names one.
 */
export const startApp = async (
  options: {
    env?: Record<string, string>
    database?: TestDatabase
    standIns?: StandIns
    realMail?: boolean
  } = {},
): Promise<RunningApp> => {
  const database = options.database ?? (await createDatabase())
  const mail = createFakeMailService()
  const logged: Record<string, unknown>[] = []
  const news = createNews()
  const lines = new Writable({
    write: (chunk, _encoding, done) => {
      for (const line of String(chunk).trimEnd().split('\n')) logged.push(JSON.parse(line))
      news.tell()
      done()
    },
  })
  const logLine: RunningApp['logLine'] = async like => {
    let found: Record<string, unknown> | undefined
    const isThere = () => {
      found = logged.find(line => isLike(line, like))
      return found !== undefined
    }
    await news.until(isThere, `no log line like ${JSON.stringify(like)}`)
    return found ?? {}
  }
  const config = readConfig(
    {
      DATABASE_URL: database.url,
      SECRET_KEY: TEST_SECRET_KEY,
      PORT: '0',
      ...NO_METRICS,
      PUBLIC_URL: 'http://localhost:8000',
      ...CHEAP_HASHES,
      ...PATIENT,
      ...NO_NETWORK_LIMITS,
      ...options.env,
    },
    false,
  )
  const standIns = {
    log: pino({ base: null }, lines),
    ...(!options.realMail && { mailTransport: mail.transport }),
    ...options.standIns,
  }
  const app: App = createApp(config, '.data', standIns)
  const { api } = await app.start()
  return {
    url: api,
    database,
    mail,
    logged,
    logLine,
    stop: async () => {
      await app.stop()
      if (!options.database) await database.drop()
    },
  }
}

/** True when everything that the pattern says, at any depth, is so. */
export const isLike = (value: unknown, pattern: unknown): boolean => {
  if (typeof pattern !== 'object' || pattern === null) return value === pattern
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(pattern).every(([name, part]) => isLike(Reflect.get(value, name), part))
}
