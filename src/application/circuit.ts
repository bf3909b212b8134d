import type { HandOverResult } from './outbox.ts'

/** How many different messages have to fail in a row before the service, and not the messages, is blamed. */
const FAILURES_IN_A_ROW = 5
/** How long nothing is tried after a probe has failed, unless the service asks for more. */
const PROBE_EVERY_SECONDS = 1

export type CircuitPorts = {
  /** Seconds on a clock that never jumps. */
  monotonicSeconds: () => number
  /** Told the failure by which the service is taken to be down, and nothing when it answers again. */
  changed: (failure: HandOverFailure | undefined) => void
}

type HandOverFailure = Extract<HandOverResult, { result: 'failed' }>

/**
 * Bounds how many messages are on their way to one service at once, by what came of those before: a circuit
 * breaker (Nygard, Release It!) with the additive increase and multiplicative decrease of TCP (RFC 5681 §3.1).
 *
 * While all is well, `most` messages. A service that is down as a whole is probed with single messages, one a
 * second or as seldom as its `Retry-After` asks for; each message that gets through then allows one more. A service
 * that limits its rate finds its pace in the same way. One message that fails again and again, for whatever reason,
 * holds up nobody: only different messages that fail in a row blame the service.
 */
export const createCircuit = (most: number, longestPauseSeconds: number, ports: CircuitPorts) => {
  let allowed = most
  let inFlight = 0
  /** Set while the circuit is open. */
  let openedBy: HandOverFailure | undefined
  let pausedUntil = Number.NEGATIVE_INFINITY
  const failedInARow = new Set<string>()

  const free = (): number => (ports.monotonicSeconds() < pausedUntil ? 0 : Math.max(0, allowed - inFlight))

  return {
    /** How many more messages may be handed over now. */
    free,

    /** The failure by which the service was taken to be down; nothing while it answers. */
    openedBy: () => openedBy,

    begin: (): void => {
      inFlight += 1
    },

    /** Takes back a `begin` from which nothing came. True when this has made room that was not there before. */
    forgo: (): boolean => {
      const wasFull = free() === 0
      inFlight -= 1
      return wasFull && free() > 0
    },

    /** Takes note of what came of a message. True when this has made room that was not there before. */
    end: (messageId: string, result: HandOverResult): boolean => {
      const wasFull = free() === 0
      inFlight -= 1
      if (result.result === 'failed' && blamesTheService(result)) serviceFailed(messageId, result)
      else if (result.result === 'failed' || result.result === 'accepted') serviceAnswered()
      return wasFull && free() > 0
    },
  }

  function serviceAnswered(): void {
    failedInARow.clear()
    allowed = Math.min(most, allowed + 1)
    if (openedBy) ports.changed(undefined)
    openedBy = undefined
  }

  function serviceFailed(messageId: string, failure: HandOverFailure): void {
    failedInARow.add(messageId)
    if (failedInARow.size >= FAILURES_IN_A_ROW) {
      allowed = 1
      if (!openedBy) ports.changed(failure)
      openedBy = failure
    } else if (failure.failure === 'rate_limited' && failedInARow.size > 1) {
      allowed = Math.max(1, Math.floor(allowed / 2))
      if (allowed === 1) pause(failure.retryAfterSeconds ?? 0)
    }
    if (openedBy) pause(failure.retryAfterSeconds ?? 0)
  }

  function pause(askedForSeconds: number): void {
    const seconds = Math.min(Math.max(askedForSeconds, PROBE_EVERY_SECONDS), longestPauseSeconds)
    pausedUntil = Math.max(pausedUntil, ports.monotonicSeconds() + seconds)
  }
}

const blamesTheService = ({ failure }: HandOverFailure): boolean =>
  failure !== 'refused' && failure !== 'deferred'
