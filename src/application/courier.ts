import { backOffSeconds } from '../domain/back-off.ts'
import type { DomainEvent } from '../domain/events.ts'

type Claimed = {
  /** UUIDv7; stable over all attempts. */
  readonly id: string
  readonly userId: string
  /** How often it has been claimed, this time included. */
  readonly attempts: number
  /** Seconds since it was enqueued, by the database's clock. */
  readonly ageSeconds: number
  readonly correlationId: string
}

export type ClaimedMail = Claimed & {
  readonly topic: 'mail'
  readonly codeId: string
  /** Missing when no pending registration waits for this code any more. */
  readonly wanted:
    | { readonly email: string; readonly locale: string; readonly codeLength: number }
    | undefined
}

export type ClaimedEvent = Claimed & { readonly topic: 'event'; readonly event: DomainEvent }

export type Message = ClaimedMail | ClaimedEvent

/**
 * Claims due messages from the outbox, at most as many of each topic as the limits say, and leases them to the
 * caller: nobody else gets them until the lease runs out. Throws `Unavailable`.
 */
export type ClaimMessages = (limits: { mail: number; event: number }) => Promise<Message[]>

/** What became of one message. All of them are settled together, in one statement. */
export type Settlement = {
  readonly userId: string
  readonly id: string
  /** The number of the attempt that is being settled: a claim that was lost to a newer one settles nothing. */
  readonly attempts: number
} & (
  | /** Accepted: it leaves the outbox; of a mail, the minute began `secondsAgo`. */ {
      readonly result: 'accepted'
      readonly secondsAgo: number
    }
  | /** Nobody wants it any more: it leaves the outbox. */ { readonly result: 'unwanted' }
  | /** It leaves the outbox; of a mail, the code is dead. */ { readonly result: 'given_up' }
  | { readonly result: 'retry'; readonly inSeconds: number; readonly reason: string }
)

/** Settles messages. Settling one twice, or one that is gone, does nothing. Throws `Unavailable`. */
export type SettleMessages = (settlements: Settlement[]) => Promise<void>

/** What came of one attempt to hand a message over. */
export type HandOverResult =
  | { readonly result: 'accepted' }
  | { readonly result: 'unwanted' }
  | {
      readonly result: 'failed'
      /** True when no later attempt can succeed. */
      readonly permanent: boolean
      readonly reason: string
      readonly retryAfterSeconds?: number | undefined
    }

export type HandOver<M> = (message: M) => Promise<HandOverResult>

export type CourierPorts = {
  claim: ClaimMessages
  settle: SettleMessages
  handOverMail: HandOver<ClaimedMail>
  publishEvent: HandOver<DomainEvent>
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

/**
 * Carries what the outbox holds to the outside world, at least once, for as long as the process lives. Any
 * number of couriers, in any number of instances, work on one outbox. Claiming, handing over and settling do
 * not wait for each other: a hand-over that takes its time delays neither the next claim nor the settling of
 * what is done.
 */
export const startCourier = (ports: CourierPorts, limits: CourierLimits): Courier => {
  const inFlight = { mail: 0, event: 0 }
  const handedOver = new Set<Promise<void>>()
  let unsettled: { message: Message; result: HandOverResult; at: number }[] = []
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
        permanent: false,
        reason: error instanceof Error ? error.message : String(error),
      }
    }
  }

  async function settleAll(): Promise<void> {
    while (unsettled.length > 0 && !halt.signal.aborted) {
      const batch = unsettled
      unsettled = []
      try {
        await ports.settle(batch.map(settlement))
        for (const { message, result } of batch) report(message, result)
      } catch (error) {
        unsettled = [...batch, ...unsettled]
        ports.log.error({ err: error, count: batch.length }, 'messages cannot be settled; trying again')
        await pause(limits.pollMs, halt.signal)
      }
      await pause(limits.spacingMs, halt.signal)
    }
  }

  function settlement(done: { message: Message; result: HandOverResult; at: number }): Settlement {
    const { message, result } = done
    const { userId, id, attempts } = message
    const claim = { userId, id, attempts }
    if (result.result === 'accepted') {
      return { ...claim, result: 'accepted', secondsAgo: ports.monotonicSeconds() - done.at }
    }
    if (result.result === 'unwanted') return { ...claim, result: 'unwanted' }
    if (isGivenUp(message, result)) return { ...claim, result: 'given_up' }
    const inSeconds = backOffSeconds(attempts, ports.random(), result.retryAfterSeconds)
    return { ...claim, result: 'retry', inSeconds, reason: result.reason }
  }

  /** Events are never given up: whoever waits for them has no other way to learn what happened. */
  function isGivenUp(message: Message, failure: { permanent: boolean }): boolean {
    if (message.topic === 'event') return false
    return failure.permanent || message.ageSeconds >= limits.giveUpMailAfterSeconds
  }

  function report(message: Message, result: HandOverResult): void {
    const fields = {
      topic: message.topic,
      message_id: message.id,
      correlation_id: message.correlationId,
      attempt: message.attempts,
    }
    if (result.result === 'accepted') ports.log.info(fields, `${message.topic} handed over`)
    else if (result.result === 'unwanted')
      ports.log.info(fields, `${message.topic} dropped: nobody waits for it`)
    else if (isGivenUp(message, result)) {
      ports.log.error({ ...fields, reason: result.reason }, `${message.topic} given up`)
    } else
      ports.log.warn({ ...fields, reason: result.reason }, `${message.topic} not handed over; trying again`)
  }
}

/** A bell that remembers one ring for whoever listens next. */
const createDoorbell = () => {
  let rung = false
  let listener: (() => void) | undefined
  return {
    ring: (): void => {
      rung = true
      listener?.()
    },
    heard: (withinMs: number): Promise<void> =>
      new Promise(resolve => {
        const answer = () => {
          clearTimeout(timer)
          listener = undefined
          rung = false
          resolve()
        }
        const timer = setTimeout(answer, withinMs)
        listener = answer
        if (rung) answer()
      }),
  }
}

/** Waits, without keeping the process alive; an abort ends the wait early. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted || ms <= 0) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
