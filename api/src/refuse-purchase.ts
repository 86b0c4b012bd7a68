import type { PurchaseRequest } from '@flash-sale/shared/contract/purchase.ts'
import type { ProductFacts } from '@flash-sale/shared/product-catalog.ts'
import type { Refusal } from './problem-answer.ts'

/**
 * What can be refused of a new purchase without touching stock; undefined when it may be queued.
 * @param demoStrategies whether demo products may be bought with the naive strategy.
 */
export const refusalOf = (
  request: PurchaseRequest,
  product: ProductFacts,
  demoStrategies: boolean,
  nowMs: number,
): Refusal | undefined => {
  if (request.strategy === 'naive' && !(demoStrategies && product.demo)) {
    return {
      code: 'strategy-not-allowed',
      detail: demoStrategies
        ? `product ${product.id} is not a demo product: leave strategy out`
        : 'demo strategies are switched off here: leave strategy out',
    }
  }
  if (product.opensAtMs !== null && nowMs < product.opensAtMs) {
    return {
      code: 'sale-not-open',
      detail: `the sale of product ${product.id} opens at ${new Date(product.opensAtMs).toISOString()}`,
      retryAfterS: Math.ceil((product.opensAtMs - nowMs) / 1000),
    }
  }
  return undefined
}
