/** How far each of the first 0 … n - 1 stands from the place of its number: by `order`, the numbers as they came. */
export const displacement = (order: readonly number[]) => {
  const places = order.map((number, place) => Math.abs(number - place)).toSorted((a, b) => a - b)
  const at = (share: number): number => places[Math.floor(share * (places.length - 1))] ?? Number.NaN
  return { median: at(0.5), p99: at(0.99), most: at(1) }
}

/** Spearman's rank correlation of such an order with the natural one, without ties: 1 when nobody is overtaken. */
export const rankCorrelation = (order: readonly number[]): number => {
  const squares = order.reduce((sum, number, place) => sum + (number - place) ** 2, 0)
  return 1 - (6 * squares) / (order.length * (order.length ** 2 - 1))
}
