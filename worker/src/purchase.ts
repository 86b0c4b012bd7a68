import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'

/** A buyer's request as the worker settles it. */
export interface Purchase {
  /** UUID; the job's id. */
  id: string
  productId: number
  customerId: string
  quantity: number
  /** When the api accepted it, ms since the epoch. */
  acceptedAtMs: number
}

/** How a purchase ended, as Postgres has it. */
export interface Settled {
  outcome: Outcome
  orderId?: number | string
  /** ISO 8601. */
  settledAt: string
  /** True when an earlier settlement had decided it already. */
  storedBefore: boolean
}

/** Acceptance. Sorting is stable, so that purchases of one millisecond stay in the order in which the queue gave them. */
export const byAcceptance = (a: Purchase, b: Purchase): number => a.acceptedAtMs - b.acceptedAtMs
