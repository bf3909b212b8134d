import assert from 'node:assert/strict'
import type { RunningApp } from './app.ts'
import { codeIn } from './app.ts'
import { createClient, newAddress, PASSWORD } from './client.ts'

/** Someone whose code has been mailed and whose minute runs. */
export type Pending = { id: string; email: string; password: string; code: string }

/** Registers someone and waits until the mail with the code is handed over and settled. */
export const signUp = async (
  app: RunningApp,
  said: { email?: string; password?: string } = {},
): Promise<Pending> => {
  const { email = newAddress(), password = PASSWORD } = said
  const registered = await createClient(app.url).register(email, password)
  assert.equal(registered.status, 201)
  const { id } = registered.body
  return { id: String(id), email, password, code: await settledCode(app, email) }
}

/** Registers and activates. */
export const signUpActive = async (
  app: RunningApp,
  said: { email?: string; password?: string } = {},
): Promise<Pending> => {
  const person = await signUp(app, said)
  const activated = await createClient(app.url).activate(person.email, person.code, person.password)
  assert.equal(activated.status, 200)
  return person
}

/** Waits for the `nth` (from 1) mail to an address, and until its minute has begun; returns its code. */
export const settledCode = async (app: RunningApp, email: string, nth = 1): Promise<string> => {
  const mail = await app.mail.mailTo(email, nth)
  await app.logLine({ message_id: mail.id, msg: 'mail handed over' })
  return codeIn(mail)
}

/** A well-formed code of the same length that is not this one. */
export const otherThan = (code: string): string =>
  String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0')

/** Guesses wrong until the code is dead. */
export const exhaust = async (app: RunningApp, { email, password, code }: Pending): Promise<void> => {
  for (const attemptsLeft of [2, 1, 0]) {
    const guessed = await createClient(app.url).activate(email, otherThan(code), password)
    assert.equal(guessed.body.attempts_left, attemptsLeft)
  }
}

/** Moves everything stored into the past: to the service it is as if that many seconds had gone by. */
export const letTimePass = async ({ database }: RunningApp, seconds: number): Promise<void> => {
  const ago = 'make_interval(secs => $1)'
  await database.rows(
    `update address_ledger set sent_at = array(
       select sent - ${ago} from unnest(sent_at) with ordinality as sends (sent, place) order by place
     )`,
    [seconds],
  )
  await database.rows(
    `update users set created_at = created_at - ${ago}, code_expires_at = code_expires_at - ${ago}`,
    [seconds],
  )
  await database.rows(`update outbox set created_at = created_at - ${ago}, due_at = due_at - ${ago}`, [
    seconds,
  ])
}

/** Makes the codes that are sent from now on 8 digits long, so that no two are the same by chance. */
export const makeCodesLong = async ({ database }: RunningApp): Promise<void> => {
  await database.rows('update address_ledger set wrong_guesses = 100')
}
