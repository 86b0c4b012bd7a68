import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import type { Purchase, Settled } from './purchase.ts'

/** A purchase of a batch that was sent to Postgres. */
export interface BatchedPurchase {
  purchase: Purchase
  /** When the worker took it, ms since the epoch. */
  sinceMs: number
  /** Whether an earlier statement of this worker got no answer, and so may have stored the outcome. */
  unanswered: boolean
}

/** What one statement, or several for a poisonous batch, came to. */
export interface AnsweredBatch {
  productId: number
  /** When the lease was granted, ms since the epoch. */
  grantedAtMs: number
  settleMs: number
  batch: readonly BatchedPurchase[]
  /** By purchase; who is missing is settled again. */
  outcomes: ReadonlyMap<string, Settled>
}

export interface StoredAlone {
  /** May be nonsense, as what can never be settled is. */
  productId: number
  outcome: Outcome
  naive: boolean
  /** Absent where it is not known. */
  queueWaitMs?: number
}

/**
 * What happens in a worker and is worth counting. The engine tells it here and knows nothing of metrics. All are called on
 * the hot path or close to it: they return at once and never throw.
 */
export interface WorkerEvents {
  batchAnswered(batch: AnsweredBatch): void
  /** An outcome was stored without a batch: naively, or as `failed` for what can never be settled. */
  storedAlone(purchase: StoredAlone): void
  /** A batch goes back to its line: after a fault, or because a newer lease is needed. */
  settledAgain(cause: 'fault' | 'newer_lease'): void
  staleTokenRefused(): void
  /** BullMQ took a job from a worker that did not renew its hold. */
  jobStalled(): void
  jobFailed(): void
  /** A purchase of a stuck product went back to the end of the queue. */
  steppedBack(): void
  /** A purchase went back to the queue because the worker stops. */
  handedBack(): void
}
