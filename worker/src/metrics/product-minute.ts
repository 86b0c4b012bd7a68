/** What this worker settled of one product in the last minute: a sliding window of slots. */
import type { ReportedMinute } from '@flash-sale/shared/product-report.ts'
import { waitBinOf, waitBins } from '@flash-sale/shared/wait-bins.ts'

/** Counts one batch. */
export interface BatchCounts {
  /** A purchase of it waited so long for the lock. */
  lockWaited(ms: number): void
  /** So many purchases of it got their outcomes. */
  settled(purchases: number): void
}

export interface ProductMinute extends BatchCounts {
  /** What follows at once happens at this time. */
  begin(nowMs: number): void
  /** Whether nothing was settled within the minute. */
  isOver(nowMs: number): boolean
  counts(nowMs: number): Omit<ReportedMinute, 'productId'>
}

const slotMs = 2_000
const slotsKept = 30
/** The speed of the last ten seconds, so that it follows a sale. */
const rateMs = 10_000
/** Less is no speed. */
const rateMsMin = 1_000

const slotAt = (nowMs: number): number => Math.floor(nowMs / slotMs)

/** 7 kB. @param startedMs when it is settled first, on a clock that only goes forward. */
export const openProductMinute = (startedMs: number): ProductMinute => {
  /** Which slot of the clock each place holds. */
  const slots = new Float64Array(slotsKept).fill(Number.NEGATIVE_INFINITY)
  const settled = new Uint32Array(slotsKept)
  const batches = new Uint32Array(slotsKept)
  const waits = new Uint32Array(slotsKept * waitBins)
  let place = 0
  /** Since when it has been settled without a minute's pause. */
  let sinceMs = startedMs
  let last = slotAt(startedMs)

  const isOver = (nowMs: number): boolean => slotAt(nowMs) - last >= slotsKept
  const add = (counts: Uint32Array, at: number, count: number): void => {
    counts[at] = (counts[at] ?? 0) + count
  }
  /** Places of the slots from one to before another. */
  const placesOf = (from: number, to: number): number[] =>
    Array.from(slots.keys()).filter((at) => (slots[at] ?? 0) >= from && (slots[at] ?? 0) < to)
  const sum = (counts: Uint32Array, places: readonly number[]): number =>
    places.reduce((total, at) => total + (counts[at] ?? 0), 0)
  const waitsIn = (places: readonly number[]): [number, number][] => {
    const total = new Uint32Array(waitBins)
    for (const at of places)
      for (let bin = 0; bin < waitBins; bin += 1) add(total, bin, waits[at * waitBins + bin] ?? 0)
    return Array.from(total, (count, bin): [number, number] => [bin, count]).filter(([, count]) => count > 0)
  }

  const rate = (nowMs: number): number | undefined => {
    // Of slots that are over. What is sold for three seconds only is not as slow as seven idle ones would make it.
    const now = slotAt(nowMs)
    const overMs = Math.min(rateMs, now * slotMs - sinceMs)
    if (overMs < rateMsMin) return undefined
    return (sum(settled, placesOf(now - rateMs / slotMs, now)) * 1_000) / overMs
  }

  return {
    begin: (nowMs) => {
      const now = slotAt(nowMs)
      place = now % slotsKept
      if (slots[place] === now) return
      if (isOver(nowMs)) sinceMs = nowMs
      slots[place] = now
      settled[place] = 0
      batches[place] = 0
      waits.fill(0, place * waitBins, (place + 1) * waitBins)
      last = now
    },
    lockWaited: (ms) => add(waits, place * waitBins + waitBinOf(ms), 1),
    settled: (purchases) => {
      add(settled, place, purchases)
      add(batches, place, 1)
    },
    isOver,
    counts: (nowMs) => {
      const now = slotAt(nowMs)
      const kept = placesOf(now - slotsKept + 1, now + 1)
      const settledPerS = rate(nowMs)
      return {
        settled: sum(settled, kept),
        batches: sum(batches, kept),
        ...(settledPerS === undefined ? {} : { settledPerS }),
        lockWaits: waitsIn(kept),
      }
    },
  }
}
