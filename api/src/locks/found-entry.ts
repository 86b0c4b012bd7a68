import type { FoundPurchaseEntry } from '@flash-sale/shared/contract/purchase-search.ts'
import { findPurchase, type PurchaseSources } from '../find-purchase.ts'
import type { Refusal } from '../problem-answer.ts'

/** A purchase as the search shows it, before it is known whether its job is still there. */
export type FoundEntry = Omit<FoundPurchaseEntry, 'jobUrl'>

const unavailable: Readonly<Record<'queue-unavailable' | 'database-unavailable', Refusal>> = {
  'queue-unavailable': {
    code: 'queue-unavailable',
    detail: 'Redis did not answer, and Postgres has no such purchase yet: ask again',
  },
  'database-unavailable': {
    code: 'database-unavailable',
    detail: 'the database did not answer in time: try again',
  },
}

/** The purchase of this id, or none. */
export const entryById = async (
  sources: PurchaseSources,
  jobId: string,
  foundBy: FoundEntry['foundBy'],
): Promise<FoundEntry[] | Refusal> => {
  const found = await findPurchase(sources, jobId)
  if (found.kind === 'unknown') return []
  if (found.kind !== 'found') return unavailable[found.kind]
  const { productId, quantity, status, orderId, acceptedAt, settledAt } = found.view
  return [
    {
      jobId,
      productId,
      customerId: found.customerId,
      quantity,
      status,
      ...(orderId === undefined ? {} : { orderId }),
      acceptedAt,
      ...(settledAt === undefined ? {} : { settledAt }),
      foundBy,
    },
  ]
}
