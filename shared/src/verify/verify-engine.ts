import { openQueue, queueNames } from '../queue.ts'
import { redisKeys } from '../redis-keys.ts'
import type { Check } from './check.ts'
import { CouldNotVerify, type OpenStoresOptions, openStores } from './open-stores.ts'
import type { ProductTotals } from './product-rules.ts'
import { verifyGuards } from './verify-guards.ts'
import { type QueueTotals, verifyJobs } from './verify-jobs.ts'
import { verifyProducts } from './verify-products.ts'

export interface VerifyEngineOptions extends OpenStoresOptions {
  /** Only this product; undefined: all. */
  productId?: number | undefined
  /** For how long a failed job without outcome is still the reconciler's, ms. */
  reconciledAfterMs: number
}

export interface EngineVerdict {
  /** Whether every check holds. */
  ok: boolean
  tookMs: number
  /** By number of the invariant. */
  checks: Check[]
  products: ProductTotals
  queue: QueueTotals
  /** Demo products that were bought with the naive strategy: nothing is promised of them. */
  skippedCount: number
  /** The first of them, a line each. */
  skipped: string[]
}

/**
 * Checks every invariant of a live engine, in its stores: products, purchases, orders and the ledger in one snapshot of
 * Postgres, and the jobs in the queue against Postgres. Only reads. Not checked, since it holds only without faults:
 * the order of service (invariant 5), which the load test reports.
 * @throws {CouldNotVerify} when a store cannot be asked, or there is no such product.
 * @throws whatever a store answers that goes away meanwhile.
 */
export const verifyEngine = async (options: VerifyEngineOptions): Promise<EngineVerdict> => {
  const startedAtMs = performance.now()
  const { productId, reconciledAfterMs, keyPrefix } = options
  const { database, redis, close } = await openStores(options)
  const queues = queueNames.map((name) => openQueue(name, redis, redisKeys(keyPrefix).bullPrefix))
  try {
    const products = await verifyProducts(database, productId)
    if (productId !== undefined && products.totals.products + products.skippedCount === 0)
      throw new CouldNotVerify(`There is no product ${productId}.`)
    const guards = await verifyGuards(database)
    const jobs = await verifyJobs({ redis, database, productId, reconciledAfterMs }, queues)
    const checks = [...products.checks, guards, ...jobs.checks].toSorted((a, b) => a.invariant - b.invariant)
    return {
      ok: checks.every(({ violations }) => violations === 0),
      tookMs: Math.round(performance.now() - startedAtMs),
      checks,
      products: products.totals,
      queue: jobs.totals,
      skippedCount: products.skippedCount,
      skipped: products.skipped,
    }
  } finally {
    await Promise.allSettled(queues.map((queue) => queue.close()))
    await close()
  }
}
