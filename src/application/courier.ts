import type { DomainEvent } from '../domain/events.ts'
import { keepLeases, type LeasesPorts } from './leases.ts'
import type {
  BringForward,
  ClaimedEvent,
  ClaimedMail,
  ClaimMessages,
  HandOver,
  HandOverResult,
  Message,
  Topic,
} from './outbox.ts'
import { createPlaces, type PlacesPorts } from './places.ts'
import { type SettlingPorts, settleTogether } from './settle-together.ts'
import { createDoorbell, pause } from './waiting.ts'

export type CourierPorts = SettlingPorts &
  LeasesPorts & {
    claim: ClaimMessages
    bringForward: BringForward
    handOverMail: HandOver<ClaimedMail>
    publishEvent: HandOver<DomainEvent>
  }

export type CourierLimits = {
  /** How many messages of each topic this instance hands over at once. */
  readonly concurrency: Readonly<Record<Topic, number>>
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

/**
 * Carries what the outbox holds to the outside world, at least once, for as long as the process lives. Any
 * number of couriers, in any number of instances, work on one outbox. Claiming, handing over and settling do
 * not wait for each other: a hand-over that takes its time delays neither the next claim nor the settling of
 * what is done. Leases are short, so that what a killed process held is soon on its way again, and renewed for
 * what takes longer.
 */
export const startCourier = (ports: CourierPorts, limits: CourierLimits): Courier => {
  const { giveUpMailAfterSeconds, renewLeasesMs, pollMs, spacingMs, settleSpacingMs } = limits
  const { monotonicSeconds } = ports
  const doorbell = createDoorbell()
  const halt = new AbortController()
  const places = createPlaces(limits.concurrency, giveUpMailAfterSeconds, { monotonicSeconds, changed })
  /** Of what is claimed and not settled. */
  const leases = keepLeases(ports, renewLeasesMs, halt.signal)
  const { settleSoon, allSettled } = settleTogether(
    ports,
    { giveUpMailAfterSeconds, retryMs: pollMs, spacingMs: settleSpacingMs },
    { leases, leftSomethingDue: doorbell.ring, halt: halt.signal },
  )
  const deliveries = new Set<Promise<void>>()
  /** When it was last looked for mail that is overdue. */
  let overdueAt = Number.NEGATIVE_INFINITY
  let stopping = false
  const claiming = claimUntilStopped()

  return {
    wake: doorbell.ring,
    expect: () => (!stopping && places.takeOneOfEach() ? expected(monotonicSeconds()) : undefined),
    stop: async withinMs => {
      stopping = true
      doorbell.ring()
      const lastWork = claiming.then(() => Promise.all(deliveries)).then(allSettled)
      await Promise.race([lastWork, pause(withinMs, halt.signal)])
      halt.abort()
    },
  }

  async function claimUntilStopped(): Promise<void> {
    while (!stopping) {
      const claimedAt = monotonicSeconds()
      const free = places.free()
      const claimed = free.mail + free.event > 0 ? await claim(free) : []
      places.take(free, claimed)
      for (const message of claimed ?? []) deliver(message, monotonicSeconds())
      await giveUpOverdueMail()
      if (claimed && places.cameFreeSince(claimed)) doorbell.ring()
      // Rung by new work, and by the first place that becomes free again when all were taken.
      await doorbell.heard(pollMs)
      const sinceClaimMs = (monotonicSeconds() - claimedAt) * 1000
      if (!stopping) await pause(spacingMs - sinceClaimMs, halt.signal)
    }
  }

  /** Nothing when the outbox cannot be read: it may hold anything then. */
  async function claim(wanted: Parameters<ClaimMessages>[0]): Promise<Message[] | undefined> {
    try {
      return await ports.claim(wanted)
    } catch (error) {
      ports.log.error({ err: error }, 'the outbox cannot be read; trying again')
      return undefined
    }
  }

  /** While no mail gets through, nobody's address stays taken for longer because only a few can be tried. */
  async function giveUpOverdueMail(): Promise<void> {
    const failure = places.noMailBecauseOf()
    const now = monotonicSeconds()
    if (!failure || now - overdueAt < pollMs / 1000) return
    overdueAt = now
    const overdue = { mail: OVERDUE_AT_ONCE, event: 0, mailOverdueSeconds: giveUpMailAfterSeconds }
    for (const message of (await claim(overdue)) ?? []) settleSoon(message, failure)
  }

  function expected(since: number): Expected {
    let open = true
    const forgo = () => {
      if (!open) return
      open = false
      if (places.giveBackOneOfEach()) doorbell.ring()
    }
    return {
      forgo,
      carry: ({ mail, event }) => {
        const tookMs = (monotonicSeconds() - since) * 1000
        if (!open || stopping || tookMs > renewLeasesMs) return forgo()
        open = false
        deliver(mail, since)
        deliver(event, since)
      },
    }
  }

  /** Its place is taken already; its lease began at `since`, or a moment later. */
  function deliver(message: Message, since: number): void {
    leases.hold(message, since)
    const delivery = handOver(message).then(result => {
      deliveries.delete(delivery)
      const hasRoomAgain = places.giveBack(message, result)
      settleSoon(message, result)
      if (hasRoomAgain) doorbell.ring()
    })
    deliveries.add(delivery)
  }

  async function handOver(message: Message): Promise<HandOverResult> {
    try {
      return message.topic === 'mail'
        ? await ports.handOverMail(message)
        : await ports.publishEvent(message.event)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { result: 'failed', failure: 'unavailable', reason }
    }
  }

  function changed(...[topic, failure]: Parameters<PlacesPorts['changed']>): void {
    if (!failure) {
      ports.log.info({ topic }, `${topic}s are accepted again`)
      void bringForward(topic)
    } else {
      const fields = { topic, failure: failure.failure, reason: failure.reason }
      ports.log.error(fields, `no ${topic} gets through; trying with one at a time`)
    }
  }

  /** What failed for the service's sake alone has waited long enough, and goes first. */
  async function bringForward(topic: Topic): Promise<void> {
    try {
      await ports.bringForward(topic)
      doorbell.ring()
    } catch (error) {
      ports.log.error({ err: error, topic }, 'what has waited goes on waiting for its back-off')
    }
  }
}
