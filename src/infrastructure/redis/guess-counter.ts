import { GUESSES_PER_CODE } from '../../domain/activation-code.ts'
import { KEY_PREFIX, type RedisConnection } from './connection.ts'

/** Counts the guesses at each code. All but `answers` throw `Unavailable`, after which they may have counted. */
export type GuessCounter = {
  /** Makes the record of a code. Guesses at a code that has none are not counted. */
  create: (codeId: string) => Promise<void>
  /**
   * Counts one guess and returns its number, from 1 to `GUESSES_PER_CODE`. Nothing is counted when these are used
   * up (`exhausted`), or when there is no record of the code (`lost`).
   */
  count: (codeId: string) => Promise<number | 'exhausted' | 'lost'>
  /** How many guesses each code has had, in one round trip. Its record is kept for as long as a new one is. */
  counted: (codeIds: readonly string[]) => Promise<(number | 'lost')[]>
  /** False while there is no point in asking. */
  answers: () => Promise<boolean>
}

/** What is thrown away too late costs memory; too early, somebody's code. */
const SLACK_SECONDS = 3600

/** A plain `incr` would make a record where there is none, and so bring a lost code back to life. */
const COUNT = `
local guesses = redis.call('get', KEYS[1])
if not guesses then return 'lost' end
if tonumber(guesses) >= ${GUESSES_PER_CODE} then return 'exhausted' end
return redis.call('incr', KEYS[1])`

/**
 * A counter in Redis that all instances share: a key for each code, so that every command touches one slot of a
 * cluster, and any number of codes spread over its nodes. A key is there before its code is, and stays for as long
 * as a mail may wait and its code work. The clock of Redis decides nothing but when it is thrown away.
 */
export const guessCounter = (
  { client, demand, answers }: RedisConnection,
  { longestWaitSeconds, codeTtlSeconds }: { longestWaitSeconds: number; codeTtlSeconds: number },
): GuessCounter => {
  const keepSeconds = longestWaitSeconds + codeTtlSeconds + SLACK_SECONDS
  return {
    create: async codeId => {
      await demand(() => client.set(keyOf(codeId), 0, 'EX', keepSeconds))
    },
    count: codeId =>
      demand(() => client.eval(COUNT, 1, keyOf(codeId)) as Promise<number | 'exhausted' | 'lost'>),
    counted: async codeIds => {
      // Sent together: each goes to the node that has it, and nobody waits for the one before.
      const ask = (codeId: string) => client.getex(keyOf(codeId), 'EX', keepSeconds)
      const counts = await demand(() => Promise.all(codeIds.map(ask)))
      return counts.map(count => (count === null ? 'lost' : Number(count)))
    },
    answers,
  }
}

const keyOf = (codeId: string): string => `${KEY_PREFIX}code:{${codeId}}`
