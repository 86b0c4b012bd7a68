import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { Router } from 'express'
import { adminProductsRoute } from './admin-products-route.ts'
import { adminPurchasesRoute } from './admin-purchases-route.ts'
import { adminQueueRoute } from './admin-queue-route.ts'
import type { PurchaseQueue } from './enqueue.ts'
import { controlQueues } from './queue-control.ts'

export interface AdminRouteDeps {
  database: Database
  catalog: ProductCatalog
  /** The connection of all `queues`. */
  redis: Redis
  queues: readonly PurchaseQueue[]
}

/** What an admin may do, below `/admin`, by noun. Who may come here is decided before. */
export const adminRoute = ({ database, catalog, redis, queues }: AdminRouteDeps): Router => {
  const router = Router()
  router.use(adminProductsRoute({ database, catalog }))
  router.use(adminPurchasesRoute(database))
  router.use(adminQueueRoute(controlQueues(redis, queues)))
  return router
}
