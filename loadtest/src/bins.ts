/** Equal parts of a range that begins at 0; a value on an edge belongs to the part above. */
export interface Bins {
  width: number
  count: number
}

/** The smallest of 1, 2, 5, 10, 20, … that is not below `least`; and not below 1. */
const roundWidth = (least: number): number => {
  for (let power = 1; ; power *= 10)
    for (const digit of [1, 2, 5]) if (digit * power >= least) return digit * power
}

/** Parts of a round width that hold everything from 0 to `max`: at most `countMax` + 1 of them. */
export function binsUpTo(max: number, countMax: number): Bins {
  const width = roundWidth(max / countMax)
  return { width, count: Math.floor(max / width) + 1 }
}

/** In which part a value lies; what is outside counts to the first or the last one. */
export const binOf = (value: number, { width, count }: Bins): number =>
  Math.min(Math.max(Math.floor(value / width), 0), count - 1)

/** How many of the values lie in each part. */
export function countIn(values: readonly number[], bins: Bins): number[] {
  const counts = new Array<number>(bins.count).fill(0)
  for (const value of values) {
    const bin = binOf(value, bins)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts
}

/** How many of the values lie in each of up to `countMax` + 1 parts. */
export interface Histogram {
  width: number
  counts: number[]
}

/** Null when there are no values. */
export function histogramOf(values: readonly number[], countMax: number): Histogram | null {
  if (values.length === 0) return null
  const bins = binsUpTo(
    values.reduce((most, value) => Math.max(most, value), 0),
    countMax,
  )
  return { width: bins.width, counts: countIn(values, bins) }
}
