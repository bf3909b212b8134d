import { codeIn } from './app.ts'
import { createNews } from './news.ts'

/** One mail as it came in at a mail service, whatever came of it. */
export type Attempt = {
  to: string
  code: string
  /** What is the same for all attempts of one mail: its Idempotency-Key, or its Message-ID. */
  key: string
  /** How many came in before it and were not answered yet. */
  together: number
}

/**
 * A mail service in this process that does what the test says; until then it accepts everything. `Reply` is what
 * it may say to a mail: `accept`, or one of its ways to fail.
 */
export type ScriptedMail<Reply> = {
  /** What an operator would set to use it. */
  env: Record<string, string>
  attempts: Attempt[]
  /** Waits for the `nth` (from 1) attempt to mail an address. */
  attemptTo: (email: string, nth?: number) => Promise<Attempt>
  attemptsTo: (email: string) => Attempt[]
  accept: Reply
  /** Decides what it says to each mail, as late as it likes. */
  behave: (behaviour: (attempt: Attempt) => Reply | Promise<Reply>) => void
  /** Nobody listens any more. */
  goDown: () => Promise<void>
  /** At the same address. */
  comeBack: () => Promise<void>
  close: () => Promise<void>
}

/** Keeps what came in, for whoever waits for it. */
export const createAttemptLog = () => {
  const attempts: Attempt[] = []
  const news = createNews()
  let unanswered = 0
  const attemptsTo = (email: string): Attempt[] => attempts.filter(({ to }) => to === email)
  return {
    attempts,
    attemptsTo,
    begin: (mail: { to: string; text: string; key: string }): Attempt => {
      const attempt = { to: mail.to, code: codeIn(mail), key: mail.key, together: unanswered }
      unanswered += 1
      attempts.push(attempt)
      news.tell()
      return attempt
    },
    end: (): void => {
      unanswered -= 1
    },
    attemptTo: async (email: string, nth = 1): Promise<Attempt> => {
      await news.until(() => attemptsTo(email).length >= nth, `no attempt number ${nth} to ${email}`)
      return attemptsTo(email)[nth - 1] as Attempt
    },
  }
}
