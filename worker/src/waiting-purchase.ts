import type { Settled } from './purchase.ts'
import type { Reportable } from './waiting-progress.ts'
import type { BatchedPurchase } from './worker-events.ts'

/** How a purchase was settled. */
export interface Settlement extends Settled {
  /** From hand-over to the batcher until the lease was granted. */
  lockWaitMs: number
  settleMs: number
  batchSize: number
  fencingToken: number
  /** How often its batch had to be settled again, and why the last time. */
  settledAgain: number
  lastFault?: string
}

/** A purchase that waits for its settlement. */
export interface WaitingPurchase extends Reportable, BatchedPurchase {
  settledAgain: number
  lastFault?: string
  resolve: (settlement: Settlement) => void
  reject: (reason: unknown) => void
}
