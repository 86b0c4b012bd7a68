/**
 * What the client sends and is answered, as types only: so that its files need nothing else, not even zod. The schemas
 * that validate are the truth; `client-types.test.ts` does not compile when one of these differs from them.
 */

/** How a purchase ended. */
export type Outcome = 'confirmed' | 'sold_out' | 'limit_reached' | 'not_on_sale' | 'failed'

/** Where a purchase is until it has an outcome, in this order. */
export type PendingStatus = 'queued' | 'waiting_for_lock' | 'settling'

export type PurchaseStatus = PendingStatus | Outcome

/** `naive` oversells: for demo products only. */
export type Strategy = 'locked' | 'naive'

/** Answer 202 of `POST /purchases`. */
export interface PurchaseAccepted {
  jobId: string
  status: 'queued'
  statusUrl: string
  pollAfterMs: number
}

/** Where a purchase is, or how it ended. Times are ISO 8601 in UTC. */
export interface PurchaseView {
  jobId: string
  productId: number
  quantity: number
  status: PurchaseStatus
  /** Only when `status` is `confirmed`. */
  orderId?: number | string | undefined
  acceptedAt: string
  settledAt?: string | undefined
  /** From acceptance until a worker took the job. */
  queueWaitMs?: number | undefined
  /** From there until the product's lock was granted. */
  lockWaitMs?: number | undefined
  /** The stock transaction of the batch. */
  settleMs?: number | undefined
  /** How many purchases were settled together with this one. */
  batchSize?: number | undefined
  /** While there is no outcome, where known: how many purchases will be settled before this one. */
  aheadEstimate?: number | undefined
  /** With it, where the queue's speed is known: in how many milliseconds its outcome is expected. */
  etaMs?: number | undefined
  /** When to poll again; absent once there is an outcome. */
  pollAfterMs?: number | undefined
}

/** A purchase that has its outcome. */
export interface SettledPurchase {
  jobId: string
  productId: number
  quantity: number
  status: Outcome
  orderId?: number | string | undefined
  acceptedAt: string
  settledAt: string
}

/** One page of a customer's settled purchases, the last settled first. */
export interface PurchaseList {
  purchases: SettledPurchase[]
  /** For the next page; absent on the last one. */
  nextCursor?: string | undefined
}

/** What a confirmed purchase has created. */
export interface Order {
  orderId: number | string
  jobId: string
  productId: number
  /** Where the api knows who asks: for its customer and admins. */
  customerId?: string | undefined
  quantity: number
  createdAt: string
}

/** What one unit costs, in the smallest unit of the currency (ISO 4217). */
export interface Price {
  amountMinor: number
  currency: string
}

/** A product as it is sold. Times are ISO 8601 in UTC. */
export interface Product {
  id: number
  name: string
  stock: number
  initialStock: number
  price: Price | null
  perCustomerLimit: number | null
  maxPerPurchase: number | null
  opensAt: string | null
  closesAt: string | null
  saleStatus: 'upcoming' | 'open' | 'closed'
  demo: boolean
  thinkMs: number
  batchMax: number | null
}

/** What to switch on: a code never changes its meaning. */
export type ProblemCode =
  | 'malformed-json'
  | 'invalid-request'
  | 'unauthorized'
  | 'forbidden'
  | 'sale-not-open'
  | 'strategy-not-allowed'
  | 'not-a-demo-product'
  | 'unknown-route'
  | 'unknown-product'
  | 'unknown-purchase'
  | 'unknown-order'
  | 'unknown-customer'
  | 'method-not-allowed'
  | 'sold-out'
  | 'limit-reached'
  | 'not-on-sale'
  | 'purchase-failed'
  | 'body-too-large'
  | 'unsupported-media-type'
  | 'idempotency-key-reused'
  | 'rate-limited'
  | 'internal-error'
  | 'queue-unavailable'
  | 'outcome-unknown'
  | 'queue-full'
  | 'overloaded'
  | 'identity-unavailable'
  | 'database-unavailable'

/** A field that was refused, and why. */
export interface FieldProblem {
  path: string
  message: string
}

/** A refusal or a fault (RFC 9457). */
export interface Problem {
  type: `/problems/${ProblemCode}`
  code: ProblemCode
  title: string
  status: number
  /** What was expected, what was got, what to do. */
  detail: string
  errors?: FieldProblem[] | undefined
  /** Of the purchase whose outcome this is; absent when none was accepted. */
  jobId?: string | undefined
}
