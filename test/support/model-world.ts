import { v7 as newId } from 'uuid'
import type { Settlement } from '../../src/application/outbox.ts'
import { createRecentAddresses } from '../../src/application/recent-addresses.ts'
import type { ReplaceCode } from '../../src/application/resend-code.ts'
import { createUseCases } from '../../src/application/use-cases.ts'
import type { User } from '../../src/domain/user.ts'
import { sameCode } from '../../src/infrastructure/crypto/keyring.ts'
import type { GuessCounter } from '../../src/infrastructure/redis/guess-counter.ts'
import { hashAddress, keyring, startBench } from './fixtures.ts'
import { noLimit } from './limits.ts'
import { takeClock } from './model-clock.ts'
import { CALLER } from './people.ts'
import { DEFAULT_BUDGET } from './settings.ts'

export type Actor = 'owner' | 'attacker'
export const PASSWORDS = { owner: 'Owners-Password-1', attacker: 'Attackers-Password-1' } as const
export const hashOf = (password: string): string => `hash:${password}`

/**
 * A database with a clock of its own and the default budget, for one history after the other. With a `counter`, that
 * counts the guesses.
 */
export const openLane = async (counter?: GuessCounter) => {
  const bench = await startBench({ budget: DEFAULT_BUDGET, poolMax: 1, counter })
  return { bench, clock: await takeClock(bench), counter }
}

export type Lane = Awaited<ReturnType<typeof openLane>>

/** Quicker than `truncate` where there are a handful of rows. */
const clear = {
  name: 'clear',
  text: `
with no_users as (delete from users), no_ledger as (delete from address_ledger)
delete from outbox`,
}

const chargeLedger = {
  name: 'charge-ledger',
  text: `
insert into address_ledger (address_hash, wrong_guesses, sent_at)
values ($1, $2, array_fill(now(), array[$3::int]))
on conflict (address_hash) do update set
  wrong_guesses = address_ledger.wrong_guesses + excluded.wrong_guesses,
  sent_at = (excluded.sent_at || address_ledger.sent_at)[1:${DEFAULT_BUDGET.perDay}],
  touched_at = now()`,
}

/** What the service is asked to do just before one of its statements; the chance for others to come first. */
type Before = Partial<Record<'countGuess' | 'consumeCode' | 'replaceCode', () => Promise<void>>>

/**
 * The real use cases on the real statements, in an empty database at second 0. Only the password hash and the
 * limits per network are not real. The `salt` decides which codes there will be.
 */
export const createWorld = async ({ bench, clock }: Lane, salt: string) => {
  await bench.database.query(clear)
  await clock.turnTo(0)
  const { statements } = bench
  const keyName = keyring.newCodeId().split('.')[0]
  let codes = 0
  let recentAddresses = createRecentAddresses()
  let before: Before = {}
  const first = async (port: keyof Before) => {
    const mine = before
    const work = mine[port]
    delete mine[port]
    await work?.()
    before = mine
  }

  const world = {
    /** The send that the database was last asked for. */
    lastSend: { userId: '', codeId: '', mailId: '' },
    /** What was compared with a guess, in order: one entry for each guess that was counted. */
    compared: [] as { codeId: string; codeLength: number; guess: number }[],
    /** Every code that was made, with the registration that asked for it. */
    madeFor: new Map<string, string>(),
    /** Every activation that the service says it has done. */
    activated: [] as { email: string; userId: string; codeId: string }[],

    turnClockTo: clock.turnTo,
    /** By the instance that has dealt with all there was, or by another one that has just been started. */
    register: (email: string, password: string, instance: 'known' | 'new' = 'known') => {
      if (instance === 'new') recentAddresses = createRecentAddresses()
      return useCases.register({ email, password, locale: 'en', caller: CALLER })
    },
    resend: (email: string, password: string, work: Before = {}) => {
      before = work
      return useCases.resend({ credentials: { email, password }, caller: CALLER })
    },
    activate: (email: string, password: string, code: string, work: Before = {}) => {
      before = work
      return useCases.activate({ credentials: { email, password }, code, caller: CALLER })
    },
    /** The middle of an activation: what is counted is compared. */
    countGuess: async (user: User) => {
      const counted = await statements.countGuess(user)
      if (counted) world.compared.push(counted)
      return counted
    },
    /** Claims all mails that are due. Events stay where they can be counted. */
    claimMails: () => statements.claimMessages({ mail: 1000, event: 0 }),
    settle: (settlements: Settlement[]) => statements.settleMessages(settlements),
    /** Writes into the ledger of an address what others have guessed wrong there and had sent there. */
    chargeLedger: (email: string, guesses: number, sends: number) =>
      bench.database.query(chargeLedger, [hashAddress(email), guesses, sends]),
    /** One round of the purge; returns the addresses that lost their registration. */
    purge: async (): Promise<string[]> => {
      const purged = await statements.purgePending(500)
      await statements.purgeLedger(undefined)
      return purged.map(({ email }) => email)
    },
  }

  const asked = (send: typeof world.lastSend): void => {
    world.lastSend = send
    world.madeFor.set(send.codeId, send.userId)
  }
  const replaceCode: ReplaceCode = async replacement => {
    await first('replaceCode')
    asked({ ...replacement, userId: replacement.user.id })
    return statements.replaceCode(replacement)
  }
  const useCases = createUseCases(
    {
      ...statements,
      storeRegistration: registration => {
        asked(registration)
        return statements.storeRegistration(registration)
      },
      replaceCode,
      countGuess: async user => {
        await first('countGuess')
        return world.countGuess(user)
      },
      consumeCode: async activation => {
        await first('consumeCode')
        const consumed = await statements.consumeCode(activation)
        const { user, codeId } = activation
        if (consumed) world.activated.push({ email: user.email, userId: user.id, codeId })
        return consumed
      },
      registrationsPerNetwork: noLimit,
      wrongGuessesPerNetwork: noLimit,
      loginFailuresPerAddressAndNetwork: noLimit,
      loginFailuresPerNetwork: noLimit,
      recentAddresses: {
        has: email => recentAddresses.has(email),
        add: email => recentAddresses.add(email),
      },
      hashPassword: async password => ({ ok: true, phc: hashOf(password) }),
      verifyPassword: async (password, phc) => ({
        ok: true,
        matches: phc === hashOf(password),
        outdated: false,
      }),
      newId,
      newCodeId: () => {
        codes += 1
        return `${keyName}.${salt}-${codes}`
      },
      deriveCode: keyring.deriveCode,
      sameCode,
      wakeCourier: () => {},
      audit: () => {},
      evenOut: async () => {},
      now: () => 0,
    },
    { hideRegisteredEmails: false },
  )
  return world
}

export type World = Awaited<ReturnType<typeof createWorld>>
