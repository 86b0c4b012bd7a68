/** What a worker tells of the purchases that it has settled. */
import { type OutcomeEntry, outcomeMessage } from '@flash-sale/shared/outcome-news.ts'
import type { PurchaseResult } from '@flash-sale/shared/queue.ts'
import type { Purchase } from './purchase.ts'

/** A purchase with its settlement, and since when its worker had it (ms since the epoch). */
export interface SettledPurchase {
  purchase: Purchase
  sinceMs: number
  settlement: Omit<PurchaseResult, 'queueWaitMs'>
}

const entryOf = ({ purchase, sinceMs, settlement }: SettledPurchase): OutcomeEntry => ({
  jobId: purchase.id,
  outcome: settlement.outcome,
  quantity: purchase.quantity,
  acceptedAtMs: purchase.acceptedAtMs,
  queueWaitMs: Math.max(0, sinceMs - purchase.acceptedAtMs),
  lockWaitMs: settlement.lockWaitMs,
  ...(settlement.orderId === undefined ? {} : { orderId: settlement.orderId }),
  settledAt: settlement.settledAt,
})

/** The message of one batch; undefined when nothing of it was settled. */
export const batchMessage = (settled: readonly SettledPurchase[]): string | undefined => {
  const [first] = settled
  if (!first) return undefined
  const batch = {
    productId: first.purchase.productId,
    batchSize: first.settlement.batchSize,
    settleMs: first.settlement.settleMs,
    settledAt: first.settlement.settledAt,
  }
  return outcomeMessage(batch, settled.map(entryOf))
}
