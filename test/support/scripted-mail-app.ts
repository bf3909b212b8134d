import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp } from './app.ts'
import { createClient, newAddress, PASSWORD } from './client.ts'
import type { TestDatabase } from './database.ts'
import type { ScriptedMail } from './scripted-mail-log.ts'

export const GIVEN_UP = 'mail given up'
export const HANDED_OVER = 'mail handed over'
export const TRYING_AGAIN = 'mail not handed over; trying again'

/** A registration that was answered, and what the log says of its mail. */
export type Registered = {
  id: string
  email: string
  /** Waits for what came of an attempt to hand its mail over. */
  line: (msg: string, attempt?: number) => Promise<Record<string, unknown>>
}

/** The real app with its real way to mail, on a mail service that does what the test says. */
export const startMailingApp = async <Reply>(
  service: ScriptedMail<Reply>,
  options: { env?: Record<string, string>; database?: TestDatabase } = {},
) => {
  const app = await startApp({ ...options, realMail: true, env: { ...service.env, ...options.env } })
  const client = createClient(app.url)
  return {
    ...app,
    client,

    /** Registers; whatever the mail service does, the answer is 201. */
    register: async (email = newAddress(), password = PASSWORD): Promise<Registered> => {
      const answer = await client.register(email, password)
      assert.equal(answer.status, 201)
      const correlation_id = answer.headers.get('x-correlation-id')
      const line = (msg: string, attempt?: number) =>
        app.logLine({ correlation_id, topic: 'mail', msg, ...(attempt && { attempt }) })
      return { id: String(answer.body.id), email, line }
    },

    /** Makes what is in the outbox for a user due, as waiting would. */
    makeDue: ({ id }: Registered) =>
      app.database.rows('update outbox set due_at = now() where user_id = $1', [id]),

    now: async (): Promise<Date> => {
      const [row] = await app.database.rows<{ now: Date }>('select clock_timestamp() as now')
      return row?.now ?? new Date(Number.NaN)
    },

    logLines: (msg: string) => app.logged.filter(line => line.msg === msg),

    /** Waits until no mail is left in the outbox. */
    untilAllGone: async (): Promise<void> => {
      const left = () => app.database.rows(`select from outbox where topic = 'mail'`)
      while ((await left()).length > 0) await sleep(20)
    },
  }
}

export type MailingApp = Awaited<ReturnType<typeof startMailingApp>>

/** Checks that the minute of a user's code is whole and began no earlier than `since`. */
export const assertWholeMinute = async (
  app: MailingApp,
  { email }: Registered,
  since: Date,
): Promise<void> => {
  const [minute] = await app.database.rows(
    `select
       code_expires_at >= $2::timestamptz + interval '60 seconds' as whole,
       code_expires_at > clock_timestamp() + interval '60 seconds' as over
     from users where email = $1`,
    [email, since],
  )
  assert.deepEqual(minute, { whole: true, over: false })
}

export const assertBetween = (value: unknown, [low, high]: readonly [number, number]): void => {
  assert.ok(
    typeof value === 'number' && value >= low && value <= high,
    `${value} is not in [${low}, ${high}]`,
  )
}
