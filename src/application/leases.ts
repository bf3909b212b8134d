import type { Message, RenewLeases } from './outbox.ts'
import { pause } from './waiting.ts'

export type LeasesPorts = {
  renewLeases: RenewLeases
  log: { error: (fields: object, message: string) => void }
  /** Seconds on a clock that never jumps. */
  monotonicSeconds: () => number
}

export type Leases = ReturnType<typeof keepLeases>

/**
 * Keeps the leases of the messages that are held from running out, until the signal. Most messages are let go
 * before the first renewal.
 */
export const keepLeases = (ports: LeasesPorts, renewEveryMs: number, until: AbortSignal) => {
  /** Since when. */
  const held = new Map<Message, number>()
  const atRest = new Set<Message>()
  let renewing: Promise<void> | undefined

  void renewUntilAborted()

  return {
    hold: (message: Message, since: number): void => {
      held.set(message, since)
    },
    letGo: (message: Message): void => {
      held.delete(message)
    },
    /** Does some work on messages while no renewal of theirs is under way, which might come later and undo it. */
    whileAtRest: async (messages: Message[], work: () => Promise<void>): Promise<void> => {
      for (const message of messages) atRest.add(message)
      try {
        await renewing
        await work()
      } finally {
        for (const message of messages) atRest.delete(message)
      }
    },
  }

  async function renewUntilAborted(): Promise<void> {
    for (;;) {
      await pause(renewEveryMs, until)
      if (until.aborted) return
      const before = ports.monotonicSeconds() - renewEveryMs / 1000
      const lasting = [...held].filter(([message, since]) => since <= before && !atRest.has(message))
      if (lasting.length === 0) continue
      renewing = ports.renewLeases(lasting.map(([message]) => message)).catch(error => {
        ports.log.error({ err: error, count: lasting.length }, 'leases cannot be renewed; trying again')
      })
      await renewing
    }
  }
}
