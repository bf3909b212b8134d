import { backOffSeconds } from '../domain/back-off.ts'
import type { DomainEvent } from '../domain/events.ts'
import { createCircuit } from './circuit.ts'
import { type HandOverReportPorts, reportHandOver } from './hand-over-report.ts'
import { keepLeases, type LeasesPorts } from './leases.ts'
import type {
  BringForward,
  ClaimedEvent,
  ClaimedMail,
  ClaimMessages,
  HandOver,
  HandOverResult,
  Message,
  SettleMessages,
  Settlement,
  Topic,
} from './outbox.ts'
import { createDoorbell, pause } from './waiting.ts'

export type CourierPorts = HandOverReportPorts &
  LeasesPorts & {
    claim: ClaimMessages
    bringForward: BringForward
    settle: SettleMessages
    handOverMail: HandOver<ClaimedMail>
    publishEvent: HandOver<DomainEvent>
    /** A fresh UUIDv7. */
    newId: () => string
    /** In [0, 1). */
    random: () => number
  }

export type CourierLimits = {
  /** How many messages of each topic this instance hands over at once. */
  readonly concurrency: { readonly mail: number; readonly event: number }
  readonly giveUpMailAfterSeconds: number
  /** How often to renew the leases of what is not settled yet. */
  readonly renewLeasesMs: number
  /** How long to wait for news before looking into the outbox again. */
  readonly pollMs: number
  /**
   * The least time between two claims. It costs a mail nothing when little is going on, and gathers a batch when
   * much is.
   */
  readonly spacingMs: number
  /** The least time between two settlings. Nobody waits for one: it is longer, and gathers more. */
  readonly settleSpacingMs: number
}

export type Courier = {
  /** Tells the courier that the outbox has something new. */
  wake: () => void
  /**
   * Keeps a place for a mail and an event that are about to be stored, leased to this process. Nothing when they
   * have to wait for others, or for the far side to come back.
   */
  expect: () => Expected | undefined
  /** Claims nothing more, waits for what is being handed over, settles it; gives up waiting after the time. */
  stop: (withinMs: number) => Promise<void>
}

/** Comes to an end in one of two ways; after the first, the other one does nothing. */
export type Expected = {
  /** Hands them over, unless storing them took so long that their lease might run out on the way. */
  carry: (stored: { mail: ClaimedMail; event: ClaimedEvent }) => void
  /** Gives the places back: nothing was stored, or nobody knows. */
  forgo: () => void
}

/** How many mails are given up together while none gets through. */
const OVERDUE_AT_ONCE = 1000

const TOPICS = ['mail', 'event'] as const

const countOf = (topic: Topic, messages: Message[]): number =>
  messages.filter(message => message.topic === topic).length

/** A message that left, or did not, and when that was on the monotonic clock. */
type HandedOver = { message: Message; result: HandOverResult; at: number }

/**
 * Carries what the outbox holds to the outside world, at least once, for as long as the process lives. Any
 * number of couriers, in any number of instances, work on one outbox. Claiming, handing over and settling do
 * not wait for each other: a hand-over that takes its time delays neither the next claim nor the settling of
 * what is done. Leases are short, so that what a killed process held is soon on its way again, and renewed for
 * what takes longer.
 */
export const startCourier = (ports: CourierPorts, limits: CourierLimits): Courier => {
  const report = reportHandOver(ports)
  const circuits = { mail: circuitOf('mail'), event: circuitOf('event') }
  const handedOver = new Set<Promise<void>>()
  let unsettled: HandedOver[] = []
  let settling: Promise<void> | undefined
  /** Whether the outbox may hold more of a topic than was claimed last: what is older goes first. */
  const mayHoldMore = { mail: true, event: true }
  /** When it was last looked for mail that is overdue. */
  let overdueAt = Number.NEGATIVE_INFINITY
  let stopping = false
  const doorbell = createDoorbell()
  const halt = new AbortController()
  /** What is claimed and not settled. */
  const leases = keepLeases(ports, limits.renewLeasesMs, halt.signal)

  const claiming = claimUntilStopped()

  return {
    wake: doorbell.ring,
    expect: () => {
      if (stopping || !TOPICS.every(hasPlace)) return undefined
      for (const topic of TOPICS) circuits[topic].begin()
      return expected(ports.monotonicSeconds())
    },
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
      const free = { mail: circuits.mail.free(), event: circuits.event.free() }
      const claimed = free.mail + free.event > 0 ? await claim(free) : []
      for (const topic of TOPICS) mayHoldMore[topic] = countOf(topic, claimed) === free[topic]
      for (const message of claimed) {
        circuits[message.topic].begin()
        deliver(message, ports.monotonicSeconds())
      }
      await giveUpOverdueMail()
      if (cameFreeMeanwhile(claimed)) doorbell.ring()
      // Rung by new work, and by the first slot that becomes free again when all were taken.
      await doorbell.heard(limits.pollMs)
      const sinceClaimMs = (ports.monotonicSeconds() - claimedAt) * 1000
      if (!stopping) await pause(limits.spacingMs - sinceClaimMs, halt.signal)
    }
  }

  async function claim(wanted: Parameters<ClaimMessages>[0]): Promise<Message[]> {
    try {
      return await ports.claim(wanted)
    } catch (error) {
      ports.log.error({ err: error }, 'the outbox cannot be read; trying again')
      return []
    }
  }

  /** While no mail gets through, nobody's address stays taken for longer because only a few can be tried. */
  async function giveUpOverdueMail(): Promise<void> {
    const failure = circuits.mail.openedBy()
    const now = ports.monotonicSeconds()
    if (!failure || now - overdueAt < limits.pollMs / 1000) return
    overdueAt = now
    const mailOverdueSeconds = limits.giveUpMailAfterSeconds
    for (const message of await claim({ mail: OVERDUE_AT_ONCE, event: 0, mailOverdueSeconds })) {
      settleSoon(message, failure)
    }
  }

  /** A claim that got all it asked for has probably left some, and slots came free while it asked. */
  function cameFreeMeanwhile(claimed: Message[]): boolean {
    return TOPICS.some(
      topic => countOf(topic, claimed) > 0 && mayHoldMore[topic] && circuits[topic].free() > 0,
    )
  }

  /** While the far side is down, what has waited longest is tried, and one at a time. */
  function hasPlace(topic: Topic): boolean {
    return !mayHoldMore[topic] && !circuits[topic].openedBy() && circuits[topic].free() > 0
  }

  function expected(since: number): Expected {
    let open = true
    const forgo = () => {
      if (!open) return
      open = false
      const hasRoomAgain = TOPICS.map(topic => circuits[topic].forgo())
      if (hasRoomAgain.includes(true)) doorbell.ring()
    }
    return {
      forgo,
      carry: ({ mail, event }) => {
        const tookMs = (ports.monotonicSeconds() - since) * 1000
        if (!open || stopping || tookMs > limits.renewLeasesMs) return forgo()
        open = false
        deliver(mail, since)
        deliver(event, since)
      },
    }
  }

  /** Its place is taken already; its lease began at `since`, or a moment later. */
  function deliver(message: Message, since: number): void {
    const circuit = circuits[message.topic]
    leases.hold(message, since)
    const delivery = handOver(message).then(result => {
      handedOver.delete(delivery)
      const hasRoomAgain = circuit.end(message.id, result)
      settleSoon(message, result)
      if (hasRoomAgain) doorbell.ring()
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

  function settleSoon(message: Message, result: HandOverResult): void {
    unsettled.push({ message, result, at: ports.monotonicSeconds() })
    settling ??= settleAll().finally(() => {
      settling = undefined
    })
  }

  async function settleAll(): Promise<void> {
    while (unsettled.length > 0 && !halt.signal.aborted) {
      const batch = unsettled
      unsettled = []
      try {
        const settled = batch.map(handedOver => ({ ...handedOver, settlement: settlement(handedOver) }))
        await leases.whileAtRest(
          batch.map(({ message }) => message),
          () => ports.settle(settled.map(({ settlement }) => settlement)),
        )
        for (const { message, result, settlement } of settled) {
          leases.letGo(message)
          report(message, result, settlement)
          // The event that it leaves behind is due.
          if (settlement.result === 'given_up') doorbell.ring()
        }
      } catch (error) {
        unsettled = [...batch, ...unsettled]
        ports.log.error({ err: error, count: batch.length }, 'messages cannot be settled; trying again')
        await pause(limits.pollMs, halt.signal)
      }
      await pause(limits.settleSpacingMs, halt.signal)
    }
  }

  function circuitOf(topic: Message['topic']) {
    return createCircuit(limits.concurrency[topic], limits.giveUpMailAfterSeconds, {
      monotonicSeconds: ports.monotonicSeconds,
      changed: failure => {
        if (!failure) {
          ports.log.info({ topic }, `${topic}s are accepted again`)
          return void bringForward(topic)
        }
        const fields = { topic, failure: failure.failure, reason: failure.reason }
        ports.log.error(fields, `no ${topic} gets through; trying with one at a time`)
      },
    })
  }

  /** What failed for the service's sake alone has waited long enough, and goes first. */
  async function bringForward(topic: Message['topic']): Promise<void> {
    try {
      await ports.bringForward(topic)
      doorbell.ring()
    } catch (error) {
      ports.log.error({ err: error, topic }, 'what has waited goes on waiting for its back-off')
    }
  }

  function settlement({ message, result, at }: HandedOver): Settlement {
    const { userId, id, attempts } = message
    const claim = { userId, id, attempts }
    if (result.result === 'accepted') {
      return { ...claim, result: 'accepted', secondsAgo: ports.monotonicSeconds() - at }
    }
    if (result.result === 'unwanted') return { ...claim, result: 'unwanted' }
    if (result.result === 'lost') {
      return { ...claim, result: 'given_up', eventId: ports.newId(), reason: 'lost' }
    }
    const secondsLeft = secondsUntilGivingUp(message)
    if (message.topic === 'mail' && (result.failure === 'refused' || secondsLeft <= 0)) {
      return { ...claim, result: 'given_up', eventId: ports.newId(), reason: result.failure }
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
}
