/** What a benchmark has found out: one value for each round, and what it should be where there is such an aim. */
export type Figure = {
  name: string
  unit: string
  values: readonly number[]
  aim?: { least: number } | { most: number }
  /** True for what stands in the file and is printed, but would only make the table of README.md long. */
  aside?: boolean
}

/** The value below which a share of them lies, of values in ascending order. */
export const quantile = (sorted: readonly number[] | Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const half = sorted.length / 2
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]]
  return (low + high) / 2
}

/** The least and the greatest. */
export const spread = (values: readonly number[]): [number, number] => [
  Math.min(...values),
  Math.max(...values),
]

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Each value as a share of what the reference was around it: `references[n]` was measured right before `values[n]`,
 * and `references[n + 1]` right after it. A machine that slows down meanwhile slows down both.
 */
export const ratios = (values: readonly number[], references: readonly number[]): number[] =>
  values.map((value, n) => value / mean([references[n] ?? Number.NaN, references[n + 1] ?? Number.NaN]))

/** Whether the median is what it should be; `undefined` where nothing is aimed at. */
export const isMet = ({ values, aim }: Figure): boolean | undefined => {
  if (!aim) return undefined
  return 'least' in aim ? median(values) >= aim.least : median(values) <= aim.most
}
