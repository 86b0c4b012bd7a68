import type { LockWatch } from '@flash-sale/shared/lock-watch.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { ReportKeys } from '@flash-sale/shared/redis-keys.ts'
import { Router } from 'express'
import { adminProductsRoute } from './admin-products-route.ts'
import { adminPurchasesRoute } from './admin-purchases-route.ts'
import { adminQueueRoute } from './admin-queue-route.ts'
import type { PurchaseQueue } from './enqueue.ts'
import { rememberInvariants } from './locks/last-invariants.ts'
import { openLockViewers } from './locks/lock-viewers.ts'
import { locksRoute } from './locks/locks-route.ts'
import { lookAtLocks } from './locks/look-at-locks.ts'
import { openQueuedOfCustomer } from './locks/queued-of-customer.ts'
import { refusedCounts } from './locks/refused-counts.ts'
import { searchRoute } from './locks/search-route.ts'
import { openShownProducts } from './locks/shown-products.ts'
import type { ApiMetrics } from './metrics/api-metrics.ts'
import type { OutcomeFeed } from './outcome-feed.ts'
import { openPurchaseRows } from './purchase-rows.ts'
import { controlQueues } from './queue-control.ts'
import type { QueueLoad } from './queue-load.ts'

export interface AdminRouteDeps {
  database: Database
  catalog: ProductCatalog
  /** The connection of all `queues`. */
  redis: Redis
  queues: readonly PurchaseQueue[]
  load: Pick<QueueLoad, 'placeOf' | 'drainPerS'>
  outcomes: OutcomeFeed
  metrics: ApiMetrics
  reportKeys: ReportKeys
  lockWatch: LockWatch
  /** Of the dashboard. */
  boardPath: string
  /** Whether a browser may read an order without a customer's token. */
  ordersOpen: boolean
}

/** What an admin may do, below `/admin`, by noun. Who may come here is decided before. */
export const adminRoute = (deps: AdminRouteDeps): Router => {
  const { database, catalog, redis, queues, load, outcomes, metrics, reportKeys, lockWatch } = deps
  const queue = controlQueues(redis, queues)
  const invariants = rememberInvariants()
  const look = {
    ...{ redis, reportKeys, queue, queues, load, invariants },
    watch: lockWatch,
    products: openShownProducts(database),
    refused: () => refusedCounts(metrics),
  }
  const viewers = openLockViewers({ look: () => lookAtLocks(look) })
  const sources = {
    redis,
    queues,
    load,
    database,
    rows: openPurchaseRows(database),
    findQueued: openQueuedOfCustomer(redis, queues),
    boardPath: deps.boardPath,
  }

  const router = Router()
  router.use(adminProductsRoute({ database, catalog, onVerified: invariants.remember }))
  router.use(adminPurchasesRoute(database))
  router.use(adminQueueRoute(queue))
  router.use(locksRoute({ viewers, closing: outcomes.closing }))
  router.use(searchRoute({ sources, ordersOpen: deps.ordersOpen }))
  return router
}
