export type RankTest = {
  /** Pairs in which the one is greater than the other; a tie is half a pair. */
  u: number
  /** Corrected for ties and continuity; below 0 when the one tends to be smaller. */
  z: number
  /** Two-sided, from the normal approximation, which is good from some 20 values on. */
  p: number
  /** P(one < other), a tie counting half: 0.5 when nothing tells them apart. */
  effect: number
}

/** The Mann-Whitney rank test: whether values of the one tend to be smaller or greater than those of the other. */
export const rankTest = (one: readonly number[], other: readonly number[]): RankTest => {
  const [n, m] = [one.length, other.length]
  const { rankSum, tieTerm } = rank(one, other)
  const u = rankSum - (n * (n + 1)) / 2
  const pairs = n * m
  const deviation = Math.sqrt((pairs / 12) * (n + m + 1 - tieTerm / ((n + m) * (n + m - 1))))
  const distance = u - pairs / 2
  const z = deviation === 0 ? 0 : (Math.sign(distance) * Math.max(0, Math.abs(distance) - 0.5)) / deviation
  return { u, z, p: erfc(Math.abs(z) / Math.SQRT2), effect: 1 - u / pairs }
}

/** The sum of the ranks of `one` among all values, equals sharing the mean of theirs; and the sum of t³ - t over all ties. */
const rank = (one: readonly number[], other: readonly number[]): { rankSum: number; tieTerm: number } => {
  const sorted = [
    ...one.map(value => ({ value, isOne: true })),
    ...other.map(value => ({ value, isOne: false })),
  ].toSorted((a, b) => a.value - b.value)
  let rankSum = 0
  let tieTerm = 0
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (to < sorted.length && sorted[to]?.value === sorted[from]?.value) to += 1
    const equals = sorted.slice(from, to)
    rankSum += ((from + 1 + to) / 2) * equals.filter(({ isOne }) => isOne).length
    tieTerm += equals.length ** 3 - equals.length
  }
  return { rankSum, tieTerm }
}

/** Complementary error function for x ≥ 0, with a relative error below 1.2·10⁻⁷ (Numerical Recipes §6.2). */
const erfc = (x: number): number => {
  const t = 1 / (1 + x / 2)
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ]
  return t * Math.exp(-x * x + coefficients.reduceRight((sum, coefficient) => coefficient + t * sum, 0))
}

/** The values that a quarter, half and three quarters of a sample lie below. */
export const quartiles = (sample: readonly number[]): [lower: number, median: number, upper: number] => {
  const sorted = sample.toSorted((a, b) => a - b)
  const at = (share: number): number => {
    const place = share * (sorted.length - 1)
    const [below = Number.NaN, above = below] = sorted.slice(Math.floor(place), Math.floor(place) + 2)
    return below + (above - below) * (place % 1)
  }
  return [at(0.25), at(0.5), at(0.75)]
}
