/** What a worker tells of the purchases that it has settled. */
import { type OutcomeEntry, outcomeMessage } from '@flash-sale/shared/outcome-news.ts'
import type { PurchaseResult } from '@flash-sale/shared/queue.ts'
import type { Lease } from './lock/lease.ts'
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

/**
 * The message of one batch; undefined when nothing of it was settled.
 * @param acquireMs how long the worker waited for the lease.
 * @param lease undefined for the naive strategy.
 */
export const batchMessage = (
  worker: string,
  lease: Pick<Lease, 'token'> | undefined,
  acquireMs: number,
  settled: readonly SettledPurchase[],
): string | undefined => {
  const [first] = settled
  if (!first) return undefined
  const lockWaitMsMax = settled.reduce((most, { settlement }) => Math.max(most, settlement.lockWaitMs), 0)
  const batch = {
    productId: first.purchase.productId,
    worker,
    batchSize: first.settlement.batchSize,
    ...(lease ? { fencingToken: lease.token } : {}),
    acquireMs: Math.round(acquireMs * 10) / 10,
    lockWaitMsMax,
    settleMs: first.settlement.settleMs,
    settledAt: first.settlement.settledAt,
  }
  return outcomeMessage(batch, settled.map(entryOf))
}
