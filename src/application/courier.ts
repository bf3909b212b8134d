import { backOffSeconds } from '../domain/back-off.ts'
import type { DomainEvent } from '../domain/events.ts'
import type { Audit } from './audit.ts'
import type {
  ClaimedMail,
  ClaimMessages,
  HandOver,
  HandOverResult,
  Message,
  SettleMessages,
  Settlement,
} from './outbox.ts'
import { createDoorbell, pause } from './waiting.ts'

export type CourierPorts = {
  claim: ClaimMessages
  settle: SettleMessages
  handOverMail: HandOver<ClaimedMail>
  publishEvent: HandOver<DomainEvent>
  audit: Audit
  log: {
    info: (fields: object, message: string) => void
    warn: (fields: object, message: string) => void
    error: (fields: object, message: string) => void
  }
  /** Seconds on a clock that never jumps. */
  monotonicSeconds: () => number
  /** In [0, 1). */
  random: () => number
}

export type CourierLimits = {
  /** How many messages of each topic this instance hands over at once. */
  readonly concurrency: { readonly mail: number; readonly event: number }
  readonly giveUpMailAfterSeconds: number
  /** How long to wait for news before looking into the outbox again. */
  readonly pollMs: number
  /**
   * The least time between two claims, and between two settlings. It costs a mail nothing when little is
   * going on, and gathers a batch when much is.
   */
  readonly spacingMs: number
}

export type Courier = {
  /** Tells the courier that the outbox has something new. */
  wake: () => void
  /** Claims nothing more, waits for what is being handed over, settles it; gives up waiting after the time. */
  stop: (withinMs: number) => Promise<void>
}

/** A message that left, or did not, and when that was on the monotonic clock. */
type HandedOver = { message: Message; result: HandOverResult; at: number }

/**
 * Carries what the outbox holds to the outside world, at least once, for as long as the process lives. Any
 * number of couriers, in any number of instances, work on one outbox. Claiming, handing over and settling do
 * not wait for each other: a hand-over that takes its time delays neither the next claim nor the settling of
 * what is done.
 */
export const startCourier = (ports: CourierPorts, limits: CourierLimits): Courier => {
  const inFlight = { mail: 0, event: 0 }
  const handedOver = new Set<Promise<void>>()
  let unsettled: HandedOver[] = []
  let settling: Promise<void> | undefined
  let stopping = false
  const doorbell = createDoorbell()
  const halt = new AbortController()

  const claiming = claimUntilStopped()

  return {
    wake: doorbell.ring,
    stop: async withinMs => {
      stopping = true
      doorbell.ring()
      const lastWork = claiming.then(() => Promise.all(handedOver)).then(() => settling)
      await Promise.race([lastWork, pause(withinMs, halt.signal)])
      halt.abort()
    },
  }

  async function claimUntilStopped(): Promise<void> {
    while (!stopping) {
      const claimedAt = ports.monotonicSeconds()
      const free = {
        mail: limits.concurrency.mail - inFlight.mail,
        event: limits.concurrency.event - inFlight.event,
      }
      const claimed = free.mail + free.event > 0 ? await claim(free) : []
      for (const message of claimed) deliver(message)
      if (cameFreeMeanwhile(free, claimed)) doorbell.ring()
      // Rung by new work, and by the first slot that becomes free again when all were taken.
      await doorbell.heard(limits.pollMs)
      const sinceClaimMs = (ports.monotonicSeconds() - claimedAt) * 1000
      if (!stopping) await pause(limits.spacingMs - sinceClaimMs, halt.signal)
    }
  }

  async function claim(free: { mail: number; event: number }): Promise<Message[]> {
    try {
      return await ports.claim(free)
    } catch (error) {
      ports.log.error({ err: error }, 'the outbox cannot be read; trying again')
      return []
    }
  }

  /** A claim that got all it asked for has probably left some, and slots came free while it asked. */
  function cameFreeMeanwhile(asked: { mail: number; event: number }, claimed: Message[]): boolean {
    return (['mail', 'event'] as const).some(topic => {
      const got = claimed.filter(message => message.topic === topic).length
      return got > 0 && got === asked[topic] && inFlight[topic] < limits.concurrency[topic]
    })
  }

  function deliver(message: Message): void {
    inFlight[message.topic] += 1
    const delivery = handOver(message).then(result => {
      handedOver.delete(delivery)
      const wasFull = inFlight[message.topic] === limits.concurrency[message.topic]
      inFlight[message.topic] -= 1
      unsettled.push({ message, result, at: ports.monotonicSeconds() })
      settling ??= settleAll().finally(() => {
        settling = undefined
      })
      if (wasFull) doorbell.ring()
    })
    handedOver.add(delivery)
  }

  async function handOver(message: Message): Promise<HandOverResult> {
    try {
      return message.topic === 'mail'
        ? await ports.handOverMail(message)
        : await ports.publishEvent(message.event)
    } catch (error) {
      return {
        result: 'failed',
        failure: 'unavailable',
        reason: error instanceof Error ? error.message : String(error),
      }
    }
  }

  async function settleAll(): Promise<void> {
    while (unsettled.length > 0 && !halt.signal.aborted) {
      const batch = unsettled
      unsettled = []
      const settlements = batch.map(settlement)
      try {
        await ports.settle(settlements)
        for (const [n, { message, result }] of batch.entries()) report(message, result, settlements[n])
      } catch (error) {
        unsettled = [...batch, ...unsettled]
        ports.log.error({ err: error, count: batch.length }, 'messages cannot be settled; trying again')
        await pause(limits.pollMs, halt.signal)
      }
      await pause(limits.spacingMs, halt.signal)
    }
  }

  function settlement({ message, result, at }: HandedOver): Settlement {
    const { userId, id, attempts } = message
    const claim = { userId, id, attempts }
    if (result.result === 'accepted') {
      return { ...claim, result: 'accepted', secondsAgo: ports.monotonicSeconds() - at }
    }
    if (result.result === 'unwanted') return { ...claim, result: 'unwanted' }
    const secondsLeft = secondsUntilGivingUp(message)
    if (message.topic === 'mail' && (result.failure === 'refused' || secondsLeft <= 0)) {
      return { ...claim, result: 'given_up' }
    }
    const inSeconds = backOffSeconds(attempts, ports.random(), result.retryAfterSeconds)
    return { ...claim, result: 'retry', inSeconds: Math.min(inSeconds, secondsLeft), reason: result.reason }
  }

  /**
   * A mail whose service asks for more patience than is left is tried once more at the end, then given up: its
   * address must not stay taken. Events are never given up, since whoever waits for them has no other way to
   * learn what happened; they are only never put off for longer than a mail would be.
   */
  function secondsUntilGivingUp(message: Message): number {
    if (message.topic === 'event') return limits.giveUpMailAfterSeconds
    return limits.giveUpMailAfterSeconds - message.ageSeconds
  }

  function report(message: Message, result: HandOverResult, settled: Settlement | undefined): void {
    const { topic } = message
    const fields = {
      topic,
      message_id: message.id,
      correlation_id: message.correlationId,
      attempt: message.attempts,
      ...(result.result === 'failed' && { reason: result.reason }),
    }
    if (settled?.result === 'accepted') {
      ports.log.info(fields, `${topic} handed over`)
      if (message.topic === 'mail') auditSent(message)
    } else if (settled?.result === 'unwanted') ports.log.info(fields, `${topic} dropped: nobody waits for it`)
    else if (settled?.result === 'retry') {
      const nextInSeconds = Math.round(settled.inSeconds * 10) / 10
      ports.log.warn({ ...fields, next_in_seconds: nextInSeconds }, `${topic} not handed over; trying again`)
    } else ports.log.error(fields, `${topic} given up`)
  }

  function auditSent({ userId, wanted, correlationId }: ClaimedMail): void {
    const event = wanted?.code ? 'code_sent' : 'reminder_sent'
    ports.audit({ event, userId, email: wanted?.email, correlationId })
  }
}
