import type { PurchaseProgress } from '@flash-sale/shared/queue.ts'
import { aheadOf, type PlaceInLine } from './lock/place-in-line.ts'

/** A wait shorter than this is not worth a write to Redis: under a backlog every purchase waits that long for its batch. */
const silentMs = 250
/** At most one write a purchase in this time. */
const everyMs = 1_000
/** Writes a second and at once, of a whole worker: a long line must not pay for being looked at. */
const writesPerS = 100
const writesAtOnce = 50

/** Hands out writes, so many a second (a token bucket). */
export interface ProgressBudget {
  take(): boolean
}

/** A budget that all lines of a worker share. @param now a monotonic clock, ms. */
export const createProgressBudget = (now: () => number = () => performance.now()): ProgressBudget => {
  let left = writesAtOnce
  let filledAtMs = now()
  return {
    take: () => {
      const atMs = now()
      left = Math.min(writesAtOnce, left + ((atMs - filledAtMs) * writesPerS) / 1000)
      filledAtMs = atMs
      if (left < 1) return false
      left -= 1
      return true
    },
  }
}

/** What a purchase needs so that its progress can be shown. */
export interface Reportable {
  /** When it was handed to the batcher, ms since the epoch. */
  sinceMs: number
  /** Writes the progress to where ops staff see it; may fail, nothing depends on it. */
  report: (progress: PurchaseProgress) => Promise<void>
  /** When the last write began; undefined before the first. */
  reportedAtMs?: number
  reporting?: boolean
}

const write = (item: Reportable, nowMs: number, progress: PurchaseProgress): void => {
  item.reportedAtMs = nowMs
  item.reporting = true
  void item
    .report(progress)
    .catch(() => undefined)
    .finally(() => {
      item.reporting = false
    })
}

const isDue = (item: Reportable, nowMs: number): boolean =>
  !item.reporting && nowMs - item.sinceMs >= silentMs && nowMs - (item.reportedAtMs ?? 0) >= everyMs

/** Those that are due; who was never reported comes before who is to be reported again. */
const dueOf = <T extends Reportable>(items: readonly T[], nowMs: number): [item: T, index: number][] => {
  const due = items.flatMap((item, index): [T, number][] => (isDue(item, nowMs) ? [[item, index]] : []))
  return [
    ...due.filter(([item]) => item.reportedAtMs === undefined),
    ...due.filter(([item]) => item.reportedAtMs !== undefined),
  ]
}

/**
 * Writes the progress of those that have waited long enough for the lock, the foremost first, as far as the budget goes.
 * `waiting` is in order of service.
 */
export const reportWaiting = (
  waiting: readonly Reportable[],
  batchMax: number,
  place: PlaceInLine,
  budget: ProgressBudget,
): void => {
  const nowMs = Date.now()
  for (const [item, index] of dueOf(waiting, nowMs)) {
    if (!budget.take()) return
    write(item, nowMs, {
      status: 'waiting_for_lock',
      since: new Date(item.sinceMs).toISOString(),
      waitedMs: nowMs - item.sinceMs,
      ...aheadOf(index, batchMax, place),
    })
  }
}

/** Writes that a batch is being settled, for those whose settling takes long enough to be seen. */
export const reportSettling = (
  batch: readonly Reportable[],
  grantedAtMs: number,
  budget: ProgressBudget,
): void => {
  const nowMs = Date.now()
  if (nowMs - grantedAtMs < silentMs) return
  for (const [item] of dueOf(batch, nowMs)) {
    if (!budget.take()) return
    write(item, nowMs, { status: 'settling', since: new Date(grantedAtMs).toISOString() })
  }
}
