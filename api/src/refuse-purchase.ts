import type { PurchaseRequest } from '@flash-sale/shared/contract/purchase.ts'
import type { ProductFacts } from '@flash-sale/shared/product-catalog.ts'
import type { Backpressure } from './backpressure.ts'
import type { Refusal } from './problem-answer.ts'

/** How purchases are refused at the door. */
export interface RefusalRules {
  /** Whether demo products may be bought with the naive strategy. */
  demoStrategies: boolean
  /** Whether a product known to be sold out refuses purchases before they are queued. */
  soldOutFastPath: boolean
  backpressure: Pick<Backpressure, 'refusal'>
}

/** A stock that Postgres had longer ago refuses nobody: a restock opens the product within this time. */
const soldOutMsMax = 1_000

const strategyRefusal = (
  request: PurchaseRequest,
  product: ProductFacts,
  rules: RefusalRules,
): Refusal | undefined => {
  if (request.strategy !== 'naive' || (rules.demoStrategies && product.demo)) return undefined
  return {
    code: 'strategy-not-allowed',
    detail: rules.demoStrategies
      ? `product ${product.id} is not a demo product: leave strategy out`
      : 'demo strategies are switched off here: leave strategy out',
  }
}

const quantityRefusal = (request: PurchaseRequest, product: ProductFacts): Refusal | undefined => {
  if (request.quantity <= product.maxPerPurchase) return undefined
  const message = `expected at most ${product.maxPerPurchase} for product ${product.id}, got ${request.quantity}`
  return {
    code: 'invalid-request',
    detail: `quantity: ${message}`,
    errors: [{ path: 'quantity', message }],
  }
}

const openingRefusal = (product: ProductFacts, nowMs: number): Refusal | undefined => {
  if (product.opensAtMs === null || nowMs >= product.opensAtMs) return undefined
  return {
    code: 'sale-not-open',
    detail: `the sale of product ${product.id} opens at ${new Date(product.opensAtMs).toISOString()}`,
    retryAfterS: Math.ceil((product.opensAtMs - nowMs) / 1000),
  }
}

/**
 * Stock only falls while a product is on sale, so whoever asks after it was seen at 0 would be refused at their turn
 * too, unless it is restocked. One that has closed says so at settlement.
 */
const soldOutRefusal = (
  request: PurchaseRequest,
  product: ProductFacts,
  nowMs: number,
): Refusal | undefined => {
  if (product.stock > 0 || request.strategy === 'naive') return undefined
  if (performance.now() - product.stockAtMs > soldOutMsMax) return undefined
  if (product.closesAtMs !== null && nowMs >= product.closesAtMs) return undefined
  return { code: 'sold-out', detail: `product ${product.id} has no units left: a restock may bring more` }
}

/**
 * What can be refused of a new purchase without touching stock; undefined when it may be queued. Whether the sale is open
 * is asked of Postgres' clock, as it is at settlement: ours may be wrong by hours.
 * @param ownNowMs by the clock of this process, epoch ms.
 */
export const refusalOf = (
  request: PurchaseRequest,
  product: ProductFacts,
  rules: RefusalRules,
  ownNowMs: number,
): Refusal | undefined => {
  const nowMs = ownNowMs + product.clockAheadMs
  return (
    strategyRefusal(request, product, rules) ??
    quantityRefusal(request, product) ??
    openingRefusal(product, nowMs) ??
    (rules.soldOutFastPath ? soldOutRefusal(request, product, nowMs) : undefined) ??
    rules.backpressure.refusal()
  )
}
