import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import type { User } from '../../domain/user.ts'
import type { Database } from './database.ts'
import { chargedGuess, ledgerRow } from './ledger-sql.ts'

/**
 * What the database has to do with guesses that are counted elsewhere: it says which code is live, charges the
 * ledger, and is told when a code is dead. `code_guesses` is 0 here until it is 3.
 */

/** Who has a code is pending: see `count-guess`. */
const LIVE = '(code_expires_at is null or code_expires_at > now())'

const FIND = {
  name: 'find-live-code',
  text: `
select code_id as "codeId", code_length as "codeLength" from users
where id = $1 and code_id is not null and code_guesses < ${GUESSES_PER_CODE} and ${LIVE}`,
}

/**
 * Like `count-guess`, without the count. Guesses that were counted together may come here in any order, so that
 * the last one of a code must not keep the others from being charged and compared.
 */
const CHARGE = {
  name: 'charge-guess',
  text: `
with ledger as materialized (${ledgerRow('$2')}),
guessed as (
  select id from users, (select count(*) from ledger) as locked
  where id = $1 and code_id = $3 and ${LIVE}
  for update of users
),
exhausted as (
  update users set code_guesses = ${GUESSES_PER_CODE}
  from guessed
  where users.id = guessed.id and $4 = ${GUESSES_PER_CODE}
)${chargedGuess('$2', 'guessed')}
returning 1`,
}

const EXHAUST = {
  name: 'exhaust-code',
  text: `update users set code_guesses = ${GUESSES_PER_CODE} where id = $1 and code_id = $2`,
}

const EXPIRE = {
  name: 'expire-code',
  text: `update users set code_expires_at = now() where id = $1 and code_id = $2 and ${LIVE}`,
}

type Code = { codeId: string; codeLength: number }

export const guessesElsewhere = (database: Database, hashAddress: (email: string) => Buffer) => ({
  /** The code of a pending user that may be guessed at, as far as the database knows. Throws `Unavailable`. */
  findLiveCode: async (userId: string): Promise<Code | undefined> =>
    (await database.query<Code>(FIND, [userId]))[0],

  /**
   * Charges the ledger for a guess, and commits it; with the last one the code is exhausted. `false`, and nothing
   * charged, when the code is not the user's any more or has run out. Throws `Unavailable`.
   */
  chargeGuess: async ({ id, email }: User, codeId: string, guess: number): Promise<boolean> =>
    (await database.query(CHARGE, [id, hashAddress(email), codeId, guess])).length === 1,

  /** Notes that a code is exhausted, if it still is the user's. Throws `Unavailable`. */
  exhaustCode: async (userId: string, codeId: string): Promise<void> => {
    await database.query(EXHAUST, [userId, codeId])
  },

  /** Ends the minute of a code now, even if it has not begun, if it still is the user's. Throws `Unavailable`. */
  expireCode: async (userId: string, codeId: string): Promise<void> => {
    await database.query(EXPIRE, [userId, codeId])
  },
})
