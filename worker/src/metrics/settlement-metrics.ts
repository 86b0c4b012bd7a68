import { cappedLabel } from '@flash-sale/shared/capped-label.ts'
import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import { Counter, Histogram, type Registry } from 'prom-client'
import type { AnsweredBatch, WorkerEvents } from '../worker-events.ts'
import type { ProductFigures } from './product-figures.ts'

/** Products that are counted by name; later ones count as `other`. */
const productsNamedMax = 50

/** From the first millisecond to longer than a buyer waits. */
const waitBucketsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** The statement alone: its deadline is 6 s. */
const settleBucketsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 6]
const batchSizeBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

const isProduct = (productId: number): boolean => Number.isSafeInteger(productId) && productId > 0

/** Counts what was settled, in which time: one pass over each batch, three observations a purchase. */
export const settlementMetrics = (
  registry: Registry,
  products: Pick<ProductFigures, 'batchOf' | 'stored'>,
): Pick<WorkerEvents, 'batchAnswered' | 'storedAlone'> => {
  const registers = [registry]
  const settled = new Counter({
    name: 'flash_sale_purchases_settled_total',
    help: 'Purchases whose outcome this worker stored, as many as there are rows in Postgres.',
    labelNames: ['outcome', 'strategy'],
    registers,
  })
  const settledOfProduct = new Counter({
    name: 'flash_sale_product_purchases_settled_total',
    help: `The same by product: the first ${productsNamedMax} of a worker by id, the others together.`,
    labelNames: ['product', 'outcome'],
    registers,
  })
  const foundSettled = new Counter({
    name: 'flash_sale_purchases_found_settled_total',
    help: 'Purchases that ran again and got the outcome that was stored before.',
    registers,
  })
  const queueWait = new Histogram({
    name: 'flash_sale_queue_wait_seconds',
    help: 'From acceptance until a worker took the purchase.',
    buckets: waitBucketsS,
    registers,
  })
  const lockWait = new Histogram({
    name: 'flash_sale_lock_wait_seconds',
    help: 'From there until the lock of the product was granted for its batch.',
    buckets: waitBucketsS,
    registers,
  })
  const settle = new Histogram({
    name: 'flash_sale_settle_seconds',
    help: 'The stock transaction of a batch; its count is the number of batches.',
    buckets: settleBucketsS,
    registers,
  })
  const batchSize = new Histogram({
    name: 'flash_sale_batch_size_purchases',
    help: 'Purchases settled under one lease.',
    buckets: batchSizeBuckets,
    registers,
  })
  const productLabel = cappedLabel<number>(productsNamedMax)

  const count = (
    productId: number,
    outcome: Outcome,
    strategy: 'locked' | 'naive',
    purchases: number,
  ): void => {
    settled.inc({ outcome, strategy }, purchases)
    // A job's data may be nonsense; Postgres stores product 0 then.
    const product = isProduct(productId) ? productLabel(productId) : 0
    settledOfProduct.inc({ product, outcome }, purchases)
    if (isProduct(productId)) products.stored(productId, outcome, purchases)
  }

  const batchAnswered = (answered: AnsweredBatch): void => {
    const { productId, grantedAtMs, settleMs, batch, outcomes } = answered
    if (outcomes.size === 0) return
    const stored = new Map<Outcome, number>()
    const add = (outcome: Outcome): unknown => stored.set(outcome, (stored.get(outcome) ?? 0) + 1)
    const counts = products.batchOf(productId)
    let before = 0
    // By outcome and not by job: a job that stalled may be in the batch twice.
    for (const decided of outcomes.values()) if (!decided.storedBefore) add(decided.outcome)
    for (const { purchase, sinceMs, unanswered } of batch) {
      const decided = outcomes.get(purchase.id)
      if (!decided) continue
      // Stored before, but by a statement of this worker whose answer was lost: it is ours to count.
      if (decided.storedBefore && unanswered) add(decided.outcome)
      else if (decided.storedBefore) before += 1
      const lockWaitMs = Math.max(0, grantedAtMs - sinceMs)
      queueWait.observe(Math.max(0, sinceMs - purchase.acceptedAtMs) / 1000)
      lockWait.observe(lockWaitMs / 1000)
      counts?.lockWaited(lockWaitMs)
    }
    counts?.settled(outcomes.size)
    for (const [outcome, purchases] of stored) count(productId, outcome, 'locked', purchases)
    if (before > 0) foundSettled.inc(before)
    settle.observe(settleMs / 1000)
    batchSize.observe(outcomes.size)
  }

  return {
    batchAnswered,
    storedAlone: ({ productId, outcome, naive, queueWaitMs }) => {
      count(productId, outcome, naive ? 'naive' : 'locked', 1)
      if (queueWaitMs !== undefined) queueWait.observe(queueWaitMs / 1000)
      if (isProduct(productId)) products.batchOf(productId)?.settled(1)
    },
  }
}
