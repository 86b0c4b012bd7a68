import type { PurchaseResult } from '../../../shared/src/queue.ts'

/** What an empty processor returns: as long as a real result, so that the queue carries the same bytes. */
export const nothing: PurchaseResult = {
  outcome: 'confirmed',
  orderId: 1_000_000,
  settledAt: '2026-01-01T00:00:00.000Z',
  queueWaitMs: 1_000,
  lockWaitMs: 10,
  settleMs: 10,
  batchSize: 250,
  fencingToken: 1_000,
}
