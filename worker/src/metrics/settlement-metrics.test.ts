import { Registry } from 'prom-client'
import { expect, it, test } from 'vitest'
import type { BatchedPurchase } from '../worker-events.ts'
import { createProductFigures } from './product-figures.ts'
import { settlementMetrics } from './settlement-metrics.ts'

const taken = (id: string, unanswered = false): BatchedPurchase => ({
  purchase: { id, productId: 1, customerId: 'c', quantity: 1, acceptedAtMs: 1_000 },
  sinceMs: 1_200,
  unanswered,
})

const decided = (outcome: 'confirmed' | 'sold_out', storedBefore = false) => ({
  outcome,
  settledAt: '2026-01-01T00:00:00.000Z',
  storedBefore,
})

const countsOf = async (registry: Registry, name: string): Promise<Record<string, number>> => {
  const metric = await registry.getSingleMetric(name)?.get()
  return Object.fromEntries(
    (metric?.values ?? []).map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  )
}

it('counts an outcome once, by whoever stored it', async () => {
  const registry = new Registry()
  const products = createProductFigures()
  const { batchAnswered } = settlementMetrics(registry, products)
  batchAnswered({
    productId: 1,
    grantedAtMs: 1_500,
    settleMs: 4,
    batch: [taken('new'), taken('ran-before'), taken('answer-lost', true), taken('again')],
    outcomes: new Map([
      ['new', decided('confirmed')],
      ['ran-before', decided('confirmed', true)],
      ['answer-lost', decided('sold_out', true)],
    ]),
  })
  expect(await countsOf(registry, 'flash_sale_purchases_settled_total')).toEqual({
    'confirmed locked': 1,
    'sold_out locked': 1,
  })
  expect(await countsOf(registry, 'flash_sale_purchases_found_settled_total')).toEqual({ '': 1 })
  const text = await registry.metrics()
  expect(text).toContain('flash_sale_lock_wait_seconds_bucket{le="0.25"} 0\n')
  expect(text).toContain('flash_sale_lock_wait_seconds_bucket{le="0.5"} 3\n')
  expect(text).toContain('flash_sale_queue_wait_seconds_bucket{le="0.25"} 3\n')
  expect(text).toContain('flash_sale_batch_size_purchases_sum 3\n')
  // The minute is of those who were answered, the outcomes are those that were stored.
  expect(products.report()).toMatchObject({
    minutes: [{ productId: 1, settled: 3, batches: 1, lockWaits: [[26, 3]] }],
    outcomes: [[1, 1, 1, 0, 0, 0]],
  })
})

test('what is stored without a batch has waited in the queue, and for no lock', async () => {
  const registry = new Registry()
  const products = createProductFigures()
  const { storedAlone } = settlementMetrics(registry, products)
  storedAlone({ productId: 7, outcome: 'confirmed', naive: true, queueWaitMs: 40 })
  storedAlone({ productId: Number.NaN, outcome: 'failed', naive: false })
  const text = await registry.metrics()
  expect(text).toContain('flash_sale_queue_wait_seconds_count 1\n')
  expect(text).toContain('flash_sale_queue_wait_seconds_sum 0.04\n')
  expect(text).toContain('flash_sale_lock_wait_seconds_count 0\n')
  expect(products.report()).toMatchObject({
    minutes: [{ productId: 7, settled: 1, batches: 1, lockWaits: [] }],
    outcomes: [[7, 1, 0, 0, 0, 0]],
  })
})

test('a batch without any outcome counts as none', async () => {
  const registry = new Registry()
  const { batchAnswered } = settlementMetrics(registry, createProductFigures())
  batchAnswered({ productId: 1, grantedAtMs: 1, settleMs: 6_000, batch: [taken('a')], outcomes: new Map() })
  expect(await registry.metrics()).toContain('flash_sale_settle_seconds_count 0')
})

it('names 50 products, and takes nonsense for product 0', async () => {
  const registry = new Registry()
  const { storedAlone } = settlementMetrics(registry, createProductFigures())
  for (let productId = 1; productId <= 60; productId += 1)
    storedAlone({ productId, outcome: 'confirmed', naive: true })
  for (const productId of [Number.NaN, -1, 1.5]) storedAlone({ productId, outcome: 'failed', naive: false })
  const counted = await countsOf(registry, 'flash_sale_product_purchases_settled_total')
  expect(Object.keys(counted)).toHaveLength(52)
  expect(counted).toMatchObject({ '1 confirmed': 1, '50 confirmed': 1, 'other confirmed': 10, '0 failed': 3 })
})
