import { type Outcome, refuse } from '../../domain/refusals.ts'

export type Urgency = 'first' | 'later'

/**
 * Runs the work when its turn comes and returns its value, or refuses at once with `overloaded` when the wait
 * would be too long. Work that is `first` goes before work that is `later`.
 */
export type Admit = <Value>(
  urgency: Urgency,
  work: () => Promise<Value>,
) => Promise<Outcome<{ value: Value }>>

/** A hash of the default parameters takes about this long; only the first few estimates rest on it. */
const FIRST_ESTIMATE_MS = 20
/** Weight of the newest measurement in the running mean. */
const SMOOTHING = 0.1

/**
 * Bounds the expensive work of this process: at most `concurrency` at once, and no more waiting than can be
 * served within `queueMs`, judged by a running mean of what the work takes. A queue that grows without such a
 * bound turns overload into time-outs for everybody; refusing early keeps those that are admitted fast.
 */
export const createAdmission = (options: {
  concurrency: number
  queueMs: number
  nowMs?: () => number
}): Admit => {
  const { concurrency, queueMs, nowMs = () => performance.now() } = options
  const waiting: Record<Urgency, (() => void)[]> = { first: [], later: [] }
  let running = 0
  let meanMs = FIRST_ESTIMATE_MS

  return async (urgency, work) => {
    if (running >= concurrency) {
      const waitMs =
        ((waiting.first.length + (urgency === 'later' ? waiting.later.length : 0) + 1) * meanMs) / concurrency
      if (waitMs > queueMs) {
        return refuse({ refusal: 'overloaded', retryAfterSeconds: 1 + Math.floor(Math.random() * 4) })
      }
      await new Promise<void>(resolve => waiting[urgency].push(resolve))
    } else running += 1

    const startedAt = nowMs()
    try {
      return { ok: true, value: await work() }
    } finally {
      meanMs += SMOOTHING * (nowMs() - startedAt - meanMs)
      passOn()
    }
  }

  /** The slot goes straight to whoever waits, so that nobody who comes now can take it first. */
  function passOn(): void {
    const next = waiting.first.shift() ?? waiting.later.shift()
    if (next) next()
    else running -= 1
  }
}
