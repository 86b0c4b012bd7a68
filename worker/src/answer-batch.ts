import type { SettledPurchase } from './batch-news.ts'
import type { Lease } from './lock/lease.ts'
import type { BatchResult } from './settle-batch.ts'
import type { WaitingPurchase } from './waiting-purchase.ts'

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
      item.settledAgain += 1
      item.unanswered ||= result.again?.fault ?? false
      item.lastFault = result.again?.reason ?? 'no outcome'
      left.push(item)
      continue
    }
    const settlement = {
      ...settled,
      lockWaitMs: Math.max(0, lease.grantedAtMs - item.sinceMs),
      settleMs: Math.round(result.settleMs * 10) / 10,
      batchSize: batch.length,
      fencingToken: lease.token,
      settledAgain: item.settledAgain,
      ...(item.lastFault === undefined ? {} : { lastFault: item.lastFault }),
    }
    item.resolve(settlement)
    answered.push({ purchase: item.purchase, sinceMs: item.sinceMs, settlement })
  }
  return { answered, left }
}
