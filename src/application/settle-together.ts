import { type HandOverReportPorts, reportHandOver } from './hand-over-report.ts'
import { type HandedOver, type JudgePorts, judgeHandOver } from './judge-hand-over.ts'
import type { Leases } from './leases.ts'
import type { HandOverResult, Message, SettleMessages } from './outbox.ts'
import { pause } from './waiting.ts'

export type SettlingPorts = HandOverReportPorts & JudgePorts & { settle: SettleMessages }

export type SettlingLimits = {
  readonly giveUpMailAfterSeconds: number
  /** How long to wait before trying again, when the database cannot settle anything. */
  readonly retryMs: number
  /** The least time between two settlings. Nobody waits for one: it may be long, and gathers more. */
  readonly spacingMs: number
}

export type Surroundings = {
  leases: Leases
  /** Told when a message has left something due behind. */
  leftSomethingDue: () => void
  /** What is not settled when this is aborted is left to whoever claims it next. */
  halt: AbortSignal
}

/**
 * Settles what was handed over: one statement for all that has gathered since the last one. What cannot be settled
 * is kept, with its lease, and tried again.
 */
export const settleTogether = (
  ports: SettlingPorts,
  limits: SettlingLimits,
  { leases, leftSomethingDue, halt }: Surroundings,
) => {
  const judge = judgeHandOver(ports, limits.giveUpMailAfterSeconds)
  const report = reportHandOver(ports)
  let unsettled: HandedOver[] = []
  let settling: Promise<void> | undefined

  return {
    settleSoon: (message: Message, result: HandOverResult): void => {
      unsettled.push({ message, result, at: ports.monotonicSeconds() })
      settling ??= settleAll()
    },
    /** Resolves when nothing waits to be settled. */
    allSettled: async (): Promise<void> => settling,
  }

  async function settleAll(): Promise<void> {
    while (unsettled.length > 0 && !halt.aborted) {
      const batch = unsettled
      unsettled = []
      try {
        await settle(batch)
      } catch (error) {
        unsettled = [...batch, ...unsettled]
        ports.log.error({ err: error, count: batch.length }, 'messages cannot be settled; trying again')
        await pause(limits.retryMs, halt)
      }
      await pause(limits.spacingMs, halt)
    }
    // In the same moment as the last look: whatever comes now begins anew.
    settling = undefined
  }

  async function settle(batch: HandedOver[]): Promise<void> {
    const settled = batch.map(handedOver => ({ ...handedOver, settlement: judge(handedOver) }))
    await leases.whileAtRest(
      batch.map(({ message }) => message),
      () => ports.settle(settled.map(({ settlement }) => settlement)),
    )
    for (const { message, result, settlement } of settled) {
      leases.letGo(message)
      report(message, result, settlement)
      // The event that it leaves behind is due.
      if (settlement.result === 'given_up') leftSomethingDue()
    }
  }
}
