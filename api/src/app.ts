import type { Logger } from '@flash-sale/shared/logger.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { ReportKeys } from '@flash-sale/shared/redis-keys.ts'
import express, { type Express, type RequestHandler } from 'express'
import { type AdminCredentials, adminOnly } from './admin-auth.ts'
import { adminRoute } from './admin-route.ts'
import { dashboard } from './dashboard.ts'
import type { PurchaseQueue } from './enqueue.ts'
import { healthRoute } from './health-route.ts'
import type { ApiMetrics } from './metrics/api-metrics.ts'
import { metricsRoute } from './metrics/metrics-route.ts'
import { answerFault, unknownRoute } from './problem-answer.ts'
import { productsRoute } from './products-route.ts'
import { purchasesRoute } from './purchases-route.ts'
import { checkReadiness } from './readiness.ts'
import type { RefusalRules } from './refuse-purchase.ts'
import { requestLog } from './request-log.ts'

export interface AppDeps {
  logger: Logger
  /** The connection of all `queues`. */
  redis: Redis
  /** By name. */
  queues: ReadonlyMap<string, PurchaseQueue>
  /** For buyers: short deadline. */
  database: Database
  /** For admins, whose statements may take longer: a pool of its own, so that they hold up no buyer. */
  adminDatabase: Database
  catalog: ProductCatalog
  admin: AdminCredentials
  rules: RefusalRules
  metrics: ApiMetrics
  /** Where the workers report. */
  reportKeys: ReportKeys
}

const dashboardPath = '/admin/queues'

/** Stock and outcomes change by the millisecond: no cache may keep them. The dashboard's own files it may. */
const noStore: RequestHandler = (request, response, next) => {
  if (!request.path.startsWith(`${dashboardPath}/static/`)) response.setHeader('Cache-Control', 'no-store')
  next()
}

/** The whole HTTP interface, without a port. It opens nothing and closes nothing: that is for who made `deps`. */
export const createApp = (deps: AppDeps): Express => {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.set('query parser', 'simple')

  app.use(requestLog(deps.logger, deps.metrics.requestEnded))
  // What buyers ask for comes first: Express tries one route after the other.
  app.use(noStore)
  app.use(purchasesRoute(deps))
  app.use(productsRoute(deps.database))
  app.use('/admin', adminOnly(deps.admin))
  app.use(dashboardPath, dashboard([...deps.queues.values()], deps.redis, dashboardPath))
  app.use('/admin', adminRoute({ database: deps.adminDatabase, catalog: deps.catalog }))
  app.use('/metrics', adminOnly(deps.admin), metricsRoute({ ...deps, queues: [...deps.queues.values()] }))
  app.use(healthRoute(() => checkReadiness(deps.redis, deps.database)))
  app.use(unknownRoute)
  app.use(answerFault)
  return app
}
