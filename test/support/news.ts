export type News = {
  /** Has whoever waits look again. */
  tell: () => void
  /**
   * Waits until it holds; looked at now, and whenever there is news. With a `complaint` it rejects with that after
   * half a minute; without one it leaves that to the time-out of the test.
   */
  until: (holds: () => boolean, complaint?: string) => Promise<void>
}

const PATIENCE_MS = 30_000

/** For waiting until something has happened without asking for it again and again. */
export const createNews = (): News => {
  const waiting = new Set<() => void>()
  return {
    tell: () => {
      for (const look of [...waiting]) look()
    },
    until: (holds, complaint) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!holds()) return
          waiting.delete(look)
          clearTimeout(timer)
          resolve()
        }
        const timer = complaint && setTimeout(() => reject(new Error(complaint)), PATIENCE_MS)
        // Whoever waits in two places for what comes to one of them has done when the test has.
        if (timer) timer.unref()
        waiting.add(look)
        look()
      }),
  }
}
