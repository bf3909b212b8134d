import type { Audit } from './audit.ts'
import { pause } from './waiting.ts'

/**
 * Deletes at most a batch of pending users whose registration is over, and returns them; fewer than a batch mean
 * that none are left. Any number of instances may do it at once. Throws `Unavailable`.
 */
export type PurgePending = (batch: number) => Promise<{ userId: string; email: string }[]>

/**
 * Looks at one stretch of the ledger, in the order of its keys, and deletes the rows in it that hold nothing any
 * more. `after` is where the stretch before ended. Returns where this one ended, or `undefined` at the end of
 * the table. Throws `Unavailable`.
 */
export type PurgeLedger = (after: Buffer | undefined) => Promise<Buffer | undefined>

export type PurgePorts = {
  purgePending: PurgePending
  purgeLedger: PurgeLedger
  audit: Audit
  log: { error: (fields: object, message: string) => void }
  /** In [0, 1). */
  random: () => number
}

const BATCH = 500
/** Of the ledger, in one round: faster than a flood of failed logins at made-up addresses can make it grow. */
const STRETCHES = 10

/**
 * Removes what is over, once every `everyMs` or so, for as long as the process lives. Every instance does it, at
 * its own moments; what one has locked, the others skip.
 */
export const startPurge = (ports: PurgePorts, everyMs: number): { stop: () => Promise<void> } => {
  const halt = new AbortController()
  let ledgerAfter: Buffer | undefined
  const running = purgeUntilStopped()

  return {
    stop: () => {
      halt.abort()
      return running
    },
  }

  async function purgeUntilStopped(): Promise<void> {
    while (!halt.signal.aborted) {
      await pause(everyMs * (0.5 + ports.random()), halt.signal)
      try {
        while (!halt.signal.aborted && (await purgeBatch()) === BATCH);
        for (let stretch = 0; stretch < STRETCHES && !halt.signal.aborted; stretch += 1) {
          ledgerAfter = await ports.purgeLedger(ledgerAfter)
          if (ledgerAfter === undefined) break
        }
      } catch (error) {
        ports.log.error({ err: error }, 'what is over cannot be purged; trying again')
      }
    }
  }

  async function purgeBatch(): Promise<number> {
    const purged = await ports.purgePending(BATCH)
    for (const { userId, email } of purged) ports.audit({ event: 'purged', userId, email })
    return purged.length
  }
}
