import type { PurchaseProgress } from '@flash-sale/shared/queue.ts'
import type { PlaceInLine } from './lock/product-lock.ts'

/** A wait shorter than this is not worth a write to Redis. */
const silentMs = 100
/** At most one write a purchase in this time. */
const everyMs = 1_000

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

/**
 * How far a purchase is from its turn. Waiters are served in turn, so each further batch of this worker lets every
 * other waiter go first once more. An estimate: others may run dry, or come.
 * @param index place in this worker's own line, from 0.
 * @param place what stood before this worker's next batch at the last look.
 */
export const placeAt = (index: number, batchMax: number, place: PlaceInLine): PlaceInLine => {
  const ownBatches = Math.floor(index / batchMax)
  return {
    batchesAhead: ownBatches + (ownBatches + 1) * place.batchesAhead,
    purchasesAhead: index + (ownBatches + 1) * place.purchasesAhead,
  }
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

/** Writes the progress of those that have waited long enough for the lock. `waiting` is in order of service. */
export const reportWaiting = (waiting: readonly Reportable[], batchMax: number, place: PlaceInLine): void => {
  const nowMs = Date.now()
  waiting.forEach((item, index) => {
    if (!isDue(item, nowMs)) return
    write(item, nowMs, {
      status: 'waiting_for_lock',
      since: new Date(item.sinceMs).toISOString(),
      waitedMs: nowMs - item.sinceMs,
      ...placeAt(index, batchMax, place),
    })
  })
}

/** Writes that a batch is being settled, for those whose settling takes long enough to be seen. */
export const reportSettling = (batch: readonly Reportable[], grantedAtMs: number): void => {
  const nowMs = Date.now()
  if (nowMs - grantedAtMs < silentMs) return
  for (const item of batch) {
    if (isDue(item, nowMs))
      write(item, nowMs, { status: 'settling', since: new Date(grantedAtMs).toISOString() })
  }
}
