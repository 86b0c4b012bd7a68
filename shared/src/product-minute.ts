/** What all workers together settled of a product in the last minute. */
import type { ProductsReport, ReportedMinute } from './product-report.ts'
import { waitBins, waitPercentileMs } from './wait-bins.ts'

export interface ProductMinute {
  productId: number
  /** Purchases that got their outcome, and in how many batches. */
  settled: number
  batches: number
  /** This and the waits are absent while a worker cannot tell: a part would pass for the whole. */
  settledPerS?: number
  /** Undefined when nobody took the lock. */
  lockWaitMsP50?: number
  lockWaitMsP99?: number
}

/** A worker reports once a second. What one that is gone settled counts for a while, and its speed no more. */
const countsForMs = 10_000
const speedForMs = 3_000

interface Gathered {
  settled: number
  batches: number
  settledPerS: number | undefined
  lockWaits: number[]
}

const nothing = (): Gathered => ({
  settled: 0,
  batches: 0,
  settledPerS: undefined,
  lockWaits: Array<number>(waitBins).fill(0),
})

const add = (all: Gathered, minute: ReportedMinute, isLive: boolean): void => {
  all.settled += minute.settled
  all.batches += minute.batches
  if (isLive && minute.settledPerS !== undefined)
    all.settledPerS = (all.settledPerS ?? 0) + minute.settledPerS
  for (const [bin, count] of minute.lockWaits) all.lockWaits[bin] = (all.lockWaits[bin] ?? 0) + count
}

const percentilesOf = (counts: readonly number[]): Pick<ProductMinute, 'lockWaitMsP50' | 'lockWaitMsP99'> => {
  const [p50, p99] = [waitPercentileMs(counts, 0.5), waitPercentileMs(counts, 0.99)]
  return p50 === undefined || p99 === undefined ? {} : { lockWaitMsP50: p50, lockWaitMsP99: p99 }
}

/** @param nowMs since the epoch. @returns by product, what was settled within the minute. */
export const productMinutes = (
  reports: readonly ProductsReport[],
  nowMs: number,
): ReadonlyMap<number, ProductMinute> => {
  const gathered = new Map<number, Gathered>()
  const counted = reports.filter(({ atMs }) => nowMs - atMs < countsForMs)
  for (const { atMs, minutes } of counted) {
    for (const minute of minutes) {
      const all = gathered.get(minute.productId) ?? nothing()
      add(all, minute, nowMs - atMs < speedForMs)
      gathered.set(minute.productId, all)
    }
  }
  const cannotTell = counted
    .filter(({ allMinutes }) => !allMinutes)
    .map(({ minutes }) => new Set(minutes.map(({ productId }) => productId)))
  return new Map(
    Array.from(gathered, ([productId, { settled, batches, settledPerS, lockWaits }]) => {
      const counts = { productId, settled, batches }
      if (cannotTell.some((told) => !told.has(productId))) return [productId, counts]
      const speed = settledPerS === undefined ? {} : { settledPerS }
      return [productId, { ...counts, ...speed, ...percentilesOf(lockWaits) }]
    }),
  )
}
