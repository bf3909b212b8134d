import { type Outcome, overloaded, type Refused } from '../../domain/refusals.ts'

export type Urgency = 'first' | 'later'

/**
 * Runs the work when its turn comes and returns its value, or refuses at once with `overloaded` when the wait
 * would be too long. Work that is `first` goes before work that is `later`. Work whose asker is `gone` before it
 * begins is not done; once begun, it holds its place until it ends, whoever has gone.
 */
export type Admit = <Value>(
  urgency: Urgency,
  work: () => Promise<Value>,
  gone?: AbortSignal,
) => Promise<Outcome<{ value: Value }>>

export type Admission = {
  admit: Admit
  /** False while work of this urgency would be refused: what is known early need not be prepared. */
  hasRoom: (urgency: Urgency) => boolean
  /** How much is being done just now, and how much waits. */
  load: () => { running: number; waiting: number }
}

/**
 * Hears of all work that is asked for: how long it waited, how long it took, or that it was refused; of that of
 * askers who go before it begins, nothing.
 */
export type AdmissionObserver = {
  waited: (seconds: number) => void
  took: (seconds: number) => void
  refused: (urgency: Urgency) => void
}

type Waiter = { readonly since: number; readonly begin: (may: boolean) => void }

/** A hash of the default parameters takes about this long; only the first few estimates rest on it. */
const FIRST_ESTIMATE_MS = 20
/** Weight of the newest measurement in the running mean. */
const SMOOTHING = 0.1
/** How many times the longest expected wait anybody really waits. */
const LATEST = 2

/**
 * Bounds the expensive work of this process: at most `concurrency` at once, and no more waiting than can be
 * served within `queueMs`, judged by a running mean of what the work takes. A queue that grows without such a
 * bound turns overload into time-outs for everybody; refusing early keeps those that are admitted fast.
 */
export const createAdmission = (options: {
  concurrency: number
  queueMs: number
  observer?: AdmissionObserver
  nowMs?: () => number
}): Admission => {
  const { concurrency, queueMs, observer, nowMs = () => performance.now() } = options
  const waiting: Record<Urgency, Waiter[]> = { first: [], later: [] }
  let running = 0
  let meanMs = FIRST_ESTIMATE_MS

  const admit: Admit = async (urgency, work, gone) => {
    const askedAt = nowMs()
    if (gone?.aborted || !hasRoom(urgency)) return refuse(urgency, gone)
    if (running < concurrency) running += 1
    else if (!(await turn(urgency, gone))) return refuse(urgency, gone)

    const startedAt = nowMs()
    observer?.waited((startedAt - askedAt) / 1000)
    try {
      return { ok: true, value: await work() }
    } finally {
      const tookMs = nowMs() - startedAt
      observer?.took(tookMs / 1000)
      meanMs += SMOOTHING * (tookMs - meanMs)
      passOn()
    }
  }
  return {
    admit,
    hasRoom: urgency => {
      const room = hasRoom(urgency)
      if (!room) observer?.refused(urgency)
      return room
    },
    load: () => ({ running, waiting: waiting.first.length + waiting.later.length }),
  }

  function refuse(urgency: Urgency, gone: AbortSignal | undefined): Refused {
    // Impatience is no overload: whoever is on call need not be woken for it.
    if (!gone?.aborted) observer?.refused(urgency)
    return overloaded(Math.random())
  }

  function hasRoom(urgency: Urgency): boolean {
    if (running < concurrency) return true
    const before = waiting.first.length + (urgency === 'later' ? waiting.later.length : 0)
    return ((before + 1) * meanMs) / concurrency <= queueMs
  }

  /** Resolves when it may begin, or with false when nobody waits for it any more. */
  function turn(urgency: Urgency, gone: AbortSignal | undefined): Promise<boolean> {
    return new Promise(resolve => {
      const waiter: Waiter = {
        since: nowMs(),
        begin: may => {
          gone?.removeEventListener('abort', leave)
          resolve(may)
        },
      }
      const leave = () => {
        waiting[urgency] = waiting[urgency].filter(other => other !== waiter)
        resolve(false)
      }
      gone?.addEventListener('abort', leave, { once: true })
      waiting[urgency].push(waiter)
    })
  }

  /**
   * The slot goes straight to whoever waits, so that nobody who comes now can take it first. Whoever has waited
   * far longer than was expected, because what is first kept coming, is refused: its client has lost patience.
   */
  function passOn(): void {
    for (;;) {
      const next = waiting.first.shift() ?? waiting.later.shift()
      if (!next) break
      const tooLate = nowMs() - next.since > LATEST * queueMs
      next.begin(!tooLate)
      if (!tooLate) return
    }
    running -= 1
  }
}
