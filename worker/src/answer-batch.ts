import type { SettledPurchase } from './batch-news.ts'
import type { Lease } from './lock/lease.ts'
import type { Purchase, Settled } from './purchase.ts'
import type { BatchResult } from './settle-batch.ts'
import type { Reportable } from './waiting-progress.ts'

/** How a purchase was settled. */
export interface Settlement extends Settled {
  /** From hand-over to the batcher until the lease was granted. */
  lockWaitMs: number
  settleMs: number
  batchSize: number
  fencingToken: number
}

/** A purchase that waits for its settlement. */
export interface WaitingPurchase extends Reportable {
  purchase: Purchase
  resolve: (settlement: Settlement) => void
  reject: (reason: unknown) => void
}

/** Answers those of a batch that have their outcome. @returns them, and those that have to wait again. */
export const answerBatch = (
  batch: readonly WaitingPurchase[],
  lease: Pick<Lease, 'grantedAtMs' | 'token'>,
  result: BatchResult,
): { answered: SettledPurchase[]; left: WaitingPurchase[] } => {
  const answered: SettledPurchase[] = []
  const left: WaitingPurchase[] = []
  for (const item of batch) {
    const settled = result.outcomes.get(item.purchase.id)
    if (!settled) {
      left.push(item)
      continue
    }
    const settlement = {
      ...settled,
      lockWaitMs: Math.max(0, lease.grantedAtMs - item.sinceMs),
      settleMs: Math.round(result.settleMs * 10) / 10,
      batchSize: batch.length,
      fencingToken: lease.token,
    }
    item.resolve(settlement)
    answered.push({ purchase: item.purchase, sinceMs: item.sinceMs, settlement })
  }
  return { answered, left }
}
