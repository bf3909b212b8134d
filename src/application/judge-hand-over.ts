import { backOffSeconds } from '../domain/back-off.ts'
import type { HandOverResult, Message, Settlement } from './outbox.ts'

/** A message that left, or did not, and when that was on the monotonic clock. */
export type HandedOver = {
  readonly message: Message
  readonly result: HandOverResult
  readonly at: number
}

export type JudgePorts = {
  /** A fresh UUIDv7. */
  newId: () => string
  /** In [0, 1). */
  random: () => number
  /** Seconds on a clock that never jumps. */
  monotonicSeconds: () => number
}

/** Says what becomes of a message after an attempt to hand it over: gone, given up, or tried again, and when. */
export const judgeHandOver =
  (ports: JudgePorts, giveUpMailAfterSeconds: number) =>
  ({ message, result, at }: HandedOver): Settlement => {
    const { userId, id, attempts } = message
    const claim = { userId, id, attempts }
    if (result.result === 'accepted') {
      return { ...claim, result: 'accepted', secondsAgo: ports.monotonicSeconds() - at }
    }
    if (result.result === 'unwanted') return { ...claim, result: 'unwanted' }
    if (result.result === 'lost') {
      return { ...claim, result: 'given_up', eventId: ports.newId(), reason: 'lost' }
    }
    const secondsLeft = secondsUntilGivingUp(message, giveUpMailAfterSeconds)
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
const secondsUntilGivingUp = (message: Message, giveUpMailAfterSeconds: number): number =>
  message.topic === 'event' ? giveUpMailAfterSeconds : giveUpMailAfterSeconds - message.ageSeconds
