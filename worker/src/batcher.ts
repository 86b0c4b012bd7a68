import type { PurchaseProgress } from '@flash-sale/shared/queue.ts'
import {
  createProductLine,
  type ProductLine,
  type ProductLineOptions,
  type Settlement,
} from './product-line.ts'
import type { Purchase } from './purchase.ts'

/** Why a purchase left the batcher without an outcome: it goes back to the queue, for another worker. */
export class HandedBack extends Error {
  override name = 'HandedBack'
}

export interface Batcher {
  /**
   * Waits until the purchase has its outcome, however many faults that takes.
   * @param sinceMs when the worker took it, ms since the epoch.
   * @throws {HandedBack} when the worker is stopping and has not begun with it.
   */
  submit(
    purchase: Purchase,
    sinceMs: number,
    report: (progress: PurchaseProgress) => Promise<void>,
  ): Promise<Settlement>
  /** Hands back everything that is not being settled right now; later submissions are handed back too. */
  handBack(): void
}

/** One waiting line a product, made when needed and dropped when dry. */
export const createBatcher = (options: Omit<ProductLineOptions, 'signal'>): Batcher => {
  const lines = new Map<number, ProductLine>()
  const stopping = new AbortController()

  const lineOf = (productId: number): ProductLine => {
    const existing = lines.get(productId)
    if (existing) return existing
    const line = createProductLine(productId, { ...options, signal: stopping.signal }, () =>
      lines.delete(productId),
    )
    lines.set(productId, line)
    return line
  }

  return {
    submit: (purchase, sinceMs, report) =>
      new Promise((resolve, reject) => {
        if (stopping.signal.aborted) reject(stopping.signal.reason)
        else lineOf(purchase.productId).add({ purchase, sinceMs, report, resolve, reject })
      }),
    handBack: () => stopping.abort(new HandedBack('the worker is stopping')),
  }
}
