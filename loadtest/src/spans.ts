import { type Bins, binOf } from './bins.ts'

/** From when to when something lasted. */
export interface Span {
  from: number
  to: number
}

/**
 * How many spans were open on average during each part of the time. The sum over all parts times their width is the sum
 * of the spans' lengths (Little's law), so the curve hides nothing of what was waited.
 */
export function meanOpen(spans: readonly Span[], bins: Bins): number[] {
  const open = new Array<number>(bins.count).fill(0)
  for (const { from, to } of spans)
    for (let bin = binOf(from, bins); bin <= binOf(to, bins); bin += 1) {
      const overlap = Math.min(to, (bin + 1) * bins.width) - Math.max(from, bin * bins.width)
      open[bin] = (open[bin] ?? 0) + Math.max(0, overlap) / bins.width
    }
  return open
}

/** How many spans were open at the same time at most; one that ends when another begins is not open with it. */
export function mostOpen(spans: readonly Span[]): number {
  const changes = spans
    .filter(({ from, to }) => to > from)
    .flatMap(({ from, to }): [at: number, by: number][] => [
      [from, 1],
      [to, -1],
    ])
    .sort(([at, by], [otherAt, otherBy]) => at - otherAt || by - otherBy)
  let [open, most] = [0, 0]
  for (const [, by] of changes) {
    open += by
    most = Math.max(most, open)
  }
  return most
}
