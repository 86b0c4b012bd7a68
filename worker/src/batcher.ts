import type { PurchaseProgress } from '@flash-sale/shared/queue.ts'
import type { ReportedLine } from '@flash-sale/shared/worker-reports.ts'
import { createProductLine, type ProductLine, type ProductLineOptions } from './product-line.ts'
import type { Purchase } from './purchase.ts'
import type { Settlement } from './waiting-purchase.ts'

/** Why a purchase left the batcher without an outcome: it goes back to the queue, for another worker. */
export class HandedBack extends Error {
  override name = 'HandedBack'
}

/** Why a purchase left the batcher without an outcome: its product is stuck and others need the slot. Try later. */
export class SteppedBack extends Error {
  override name = 'SteppedBack'
}

export interface Batcher {
  /**
   * Waits until the purchase has its outcome, however many faults that takes.
   * @param sinceMs when the worker took it, ms since the epoch.
   * @throws {HandedBack} when the worker is stopping and has not begun with it.
   * @throws {SteppedBack} when its product is stuck and holds its share of this worker's slots already.
   */
  submit(
    purchase: Purchase,
    sinceMs: number,
    report: (progress: PurchaseProgress) => Promise<void>,
  ): Promise<Settlement>
  /** Of each product line that is not dry. */
  lines(): ReportedLine[]
  /** Hands back everything that is not being settled right now; later submissions are handed back too. */
  handBack(): void
}

export interface BatcherOptions extends Omit<ProductLineOptions, 'signal'> {
  /** How many purchases this worker takes at a time. */
  slots: number
}

/** A line without a settled batch for this long is stuck: a lock that does not move, or a row that stays locked. */
const stuckMs = 1_000
const checkEveryMs = 500

/** One waiting line a product, made when needed and dropped when dry. */
export const createBatcher = (options: BatcherOptions): Batcher => {
  const lines = new Map<number, ProductLine>()
  const stopping = new AbortController()
  // While a product moves it may use every slot; when it is stuck, half of them, so that others are served.
  const stuckShare = Math.max(1, Math.floor(options.slots / 2))
  let check: NodeJS.Timeout | undefined

  const isStuck = (line: ProductLine): boolean => line.waiting() >= stuckShare && line.idleMs() > stuckMs

  const stepBackStuck = (): void => {
    for (const line of lines.values())
      if (isStuck(line)) line.stepBack(stuckShare, new SteppedBack('product is stuck'))
  }

  const dropLine = (productId: number): void => {
    lines.delete(productId)
    if (lines.size > 0) return
    clearInterval(check)
    check = undefined
  }

  const lineOf = (productId: number): ProductLine => {
    const existing = lines.get(productId)
    if (existing) return existing
    const line = createProductLine(productId, { ...options, signal: stopping.signal }, () =>
      dropLine(productId),
    )
    lines.set(productId, line)
    check ??= setInterval(stepBackStuck, checkEveryMs)
    return line
  }

  return {
    submit: (purchase, sinceMs, report) =>
      new Promise((resolve, reject) => {
        if (stopping.signal.aborted) return reject(stopping.signal.reason)
        const line = lineOf(purchase.productId)
        if (isStuck(line)) return reject(new SteppedBack('product is stuck'))
        line.add({ purchase, sinceMs, report, resolve, reject, settledAgain: 0, unanswered: false })
      }),
    lines: () =>
      Array.from(lines, ([productId, line]) => ({
        productId,
        waiting: line.waiting(),
        settling: line.settling(),
      })),
    handBack: () => stopping.abort(new HandedBack('the worker is stopping')),
  }
}
