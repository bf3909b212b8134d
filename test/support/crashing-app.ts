// Run by killed-courier.test.ts in a process of its own: the real app, which kills itself at one step on the way
// of a mail. The failpoints are wrapped around the database driver here; there is no trace of them in src/.
import pg from 'pg'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'

/** Where the process ends; whoever registered has been told nothing in the first, 201 in the others, if in time. */
export const CRASHES = {
  registered: 'registered, not answered',
  unclaimed: 'answered, not claimed',
  claimed: 'claimed, not handed over',
  accepted: 'accepted by the mail service, its answer not read',
  answered: 'its answer read, not settled',
  settled: 'settled',
} as const

export type Crash = keyof typeof CRASHES

/** Where `register` has the id of the mail among its values. */
const MAIL_ID = 5

type Query = { name?: string; values?: unknown[] }
type Done = (error: Error | null, result: pg.QueryResult) => void

/** Starts the app and returns where it listens. It is killed at the `nth` mail that gets as far as `crash`. */
export const startCrashingApp = async (
  env: Record<string, string>,
  crash: Crash | undefined,
  nth: number,
): Promise<string> => {
  if (crash) placeFailpoint(crash, nth)
  const { api } = await createApp(readConfig(env, false), '.data').start()
  return api
}

const placeFailpoint = (crash: Crash, nth: number): void => {
  const { query } = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown }
  const mails = new Set<unknown>()
  /** Nothing counts before somebody registers: what earlier lives have left behind is no reason to die. */
  let armed = false
  let reached = 0
  let registered = 0
  const reach = (count: number): void => {
    if (armed) reached += count
    if (reached >= nth) process.kill(process.pid, 'SIGKILL')
  }
  const mailsIn = (values: unknown[] = []): number => values.flat().filter(value => mails.has(value)).length

  const before = ({ name, values }: Query): void => {
    if (name === 'register') armed = true
    if (crash === 'answered' && name === 'settle-messages') reach(mailsIn(values))
  }
  const after = ({ name, values }: Query, { rows }: pg.QueryResult): void => {
    if (name === 'register') {
      registered += 1
      mails.add(values?.[MAIL_ID])
    }
    if (crash === 'registered' && name === 'register') reach(1)
    if (crash === 'settled' && name === 'settle-messages') reach(mailsIn(values))
    if (name !== 'claim-messages') return
    const claimed = rows.filter(({ topic }) => topic === 'mail')
    for (const { id } of claimed) mails.add(id)
    if (crash === 'claimed') reach(claimed.length)
  }

  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, asked: Query, values: unknown, done: Done) {
      if (typeof done !== 'function') return query.call(this, asked, values, done)
      // The test itself kills this one, when enough people were answered: until then nothing may be claimed.
      if (crash === 'unclaimed' && asked.name === 'claim-messages') return
      // A courier that has looked into the outbox carries registrations at once: it may not look before they are in.
      if (crash === 'claimed' && asked.name === 'claim-messages' && registered < nth) {
        return void setTimeout(() => Reflect.apply(this.query, this, [asked, values, done]), 5)
      }
      before(asked)
      const answered: Done = (error, result) => {
        if (!error) after(asked, result)
        done(error, result)
      }
      return query.call(this, asked, values, answered)
    },
  })
}
