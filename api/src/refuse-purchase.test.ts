import type { PurchaseRequest } from '@flash-sale/shared/contract/purchase.ts'
import type { ProductFacts } from '@flash-sale/shared/product-catalog.ts'
import { describe, expect, it } from 'vitest'
import { type RefusalRules, refusalOf } from './refuse-purchase.ts'

const nowMs = Date.UTC(2026, 0, 31, 12)

const product = (fields: Partial<ProductFacts> = {}): ProductFacts => ({
  id: 1,
  name: 'p',
  perCustomerLimit: null,
  maxPerPurchase: 10,
  opensAtMs: null,
  closesAtMs: null,
  demo: true,
  thinkMs: 0,
  batchMax: null,
  stock: 5,
  version: 0,
  stockAtMs: performance.now(),
  clockAheadMs: 0,
  ...fields,
})
const request = (fields: Partial<PurchaseRequest> = {}): PurchaseRequest => ({
  productId: 1,
  customerId: 'c',
  quantity: 1,
  ...fields,
})
const open: RefusalRules = {
  demoStrategies: true,
  soldOutFastPath: true,
  backpressure: { refusal: () => undefined },
}
const full: RefusalRules = {
  ...open,
  backpressure: { refusal: () => ({ code: 'queue-full', detail: 'full' }) },
}

const longAgo = performance.now() - 1_001

const cases: [
  name: string,
  code: string | undefined,
  request: PurchaseRequest,
  product: ProductFacts,
  rules: RefusalRules,
][] = [
  ['there is stock', undefined, request(), product(), open],
  ['sold out', 'sold-out', request(), product({ stock: 0 }), open],
  [
    'seen sold out more than a second ago',
    undefined,
    request(),
    product({ stock: 0, stockAtMs: longAgo }),
    open,
  ],
  [
    'sold out, switched off',
    undefined,
    request(),
    product({ stock: 0 }),
    { ...open, soldOutFastPath: false },
  ],
  ['sold out, naive', undefined, request({ strategy: 'naive' }), product({ stock: 0 }), open],
  ['sold out and closed', undefined, request(), product({ stock: 0, closesAtMs: nowMs }), open],
  ['sold out and closing later', 'sold-out', request(), product({ stock: 0, closesAtMs: nowMs + 1 }), open],
  ['not open yet', 'sale-not-open', request(), product({ stock: 0, opensAtMs: nowMs + 1 }), open],
  [
    'as many as the product allows at a time',
    undefined,
    request({ quantity: 3 }),
    product({ maxPerPurchase: 3 }),
    open,
  ],
  [
    'more than the product allows at a time',
    'invalid-request',
    request({ quantity: 4 }),
    product({ maxPerPurchase: 3, opensAtMs: nowMs + 1 }),
    open,
  ],
  [
    'open, though our clock is an hour behind',
    undefined,
    request(),
    product({ opensAtMs: nowMs + 3_600_000, clockAheadMs: 3_600_000 }),
    open,
  ],
  [
    'not open yet, though our clock is an hour ahead',
    'sale-not-open',
    request(),
    product({ opensAtMs: nowMs - 3_600_000 + 1, clockAheadMs: -3_600_000 }),
    open,
  ],
  ['open since now', undefined, request(), product({ opensAtMs: nowMs }), open],
  [
    'naive on a product that is no demo',
    'strategy-not-allowed',
    request({ strategy: 'naive' }),
    product({ demo: false }),
    open,
  ],
  [
    'naive switched off',
    'strategy-not-allowed',
    request({ strategy: 'naive' }),
    product(),
    { ...open, demoStrategies: false },
  ],
  ['the queue is full', 'queue-full', request(), product(), full],
  ['sold out and the queue is full', 'sold-out', request(), product({ stock: 0 }), full],
]

describe('a purchase', () => {
  it.each(cases)('%s: %s', (_name, code, asked, of, rules) => {
    expect(refusalOf(asked, of, rules, nowMs)?.code).toBe(code)
  })

  it('before the opening is told when to come back', () => {
    expect(refusalOf(request(), product({ opensAtMs: nowMs + 1_500 }), open, nowMs)?.retryAfterS).toBe(2)
    const behind = product({ opensAtMs: nowMs + 61_000, clockAheadMs: 60_000 })
    expect(refusalOf(request(), behind, open, nowMs)?.retryAfterS).toBe(1)
  })

  it('of too much is told how much is allowed', () => {
    const refusal = refusalOf(request({ quantity: 4 }), product({ maxPerPurchase: 3 }), open, nowMs)
    expect(refusal?.errors).toEqual([
      { path: 'quantity', message: 'expected at most 3 for product 1, got 4' },
    ])
  })
})
