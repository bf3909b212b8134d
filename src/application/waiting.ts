/** A bell that remembers one ring for whoever listens next. */
export const createDoorbell = () => {
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

/** Waits; an abort ends the wait early. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
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

/** Waits until a whole multiple of `stepMs` has gone by since a moment on the clock of `performance.now()`. */
export const untilNextStep =
  (stepMs: number) =>
  async (since: number): Promise<void> => {
    const elapsedMs = performance.now() - since
    await new Promise(resolve => setTimeout(resolve, stepMs - (elapsedMs % stepMs)))
  }
