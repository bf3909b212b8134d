export type Random = {
  /** In [0, 1). */
  next: () => number
  between: (low: number, high: number) => number
  chance: (share: number) => boolean
  pick: <Item>(items: readonly Item[]) => Item
}

/**
 * The same numbers for the same seed: mulberry32, which is enough to plan by. Each person and each fault has a
 * sequence of its own, so that what one does does not depend on how fast another one was.
 */
export const seeded = (...seeds: number[]): Random => {
  let state = seeds.reduce((mixed, seed) => Math.imul(mixed ^ seed, 0x9e3779b1) + 0x85ebca6b, 0x2545f491)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    chance: share => next() < share,
    pick: items => items[Math.floor(next() * items.length)] as (typeof items)[number],
  }
}
