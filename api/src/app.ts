import type { LockWatch } from '@flash-sale/shared/lock-watch.ts'
import type { Logger } from '@flash-sale/shared/logger.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { ReportKeys } from '@flash-sale/shared/redis-keys.ts'
import type { Queue } from 'bullmq'
import express, { type Express } from 'express'
import { openAddressShare } from './address-share.ts'
import { adminRoute } from './admin-route.ts'
import { type Auth, protectAdmin, protectPublic } from './auth/protect.ts'
import { openPurchaseLimits } from './auth/purchase-limits.ts'
import type { WebSettings } from './auth/web-config.ts'
import type { BuyerRules } from './buyer.ts'
import { customersRoute } from './customers-route.ts'
import { dashboard } from './dashboard/dashboard.ts'
import type { PurchaseQueue } from './enqueue.ts'
import { healthRoute } from './health-route.ts'
import type { ApiMetrics } from './metrics/api-metrics.ts'
import { metricsRoute } from './metrics/metrics-route.ts'
import { docsRoute } from './openapi/docs-route.ts'
import { ordersRoute } from './orders-route.ts'
import type { OutcomeFeed } from './outcome-feed.ts'
import { pageAssetsRoute } from './page-assets-route.ts'
import { answerFault, unknownRoute } from './problem-answer.ts'
import { productEventsRoute } from './product-events.ts'
import { productsRoute } from './products-route.ts'
import { purchasesRoute, type WaitLimits } from './purchases-route.ts'
import type { QueueLoad } from './queue-load.ts'
import { racesRoute } from './races-route.ts'
import { checkReadiness } from './readiness.ts'
import type { RefusalRules } from './refuse-purchase.ts'
import { requestLog } from './request-log.ts'
import { shopRoute } from './shop-route.ts'
import { dropUnreadBody } from './unread-body.ts'

export interface AppDeps {
  logger: Logger
  /** The connection of all `queues`. */
  redis: Redis
  /** By name. */
  queues: ReadonlyMap<string, PurchaseQueue>
  /** Shown on the dashboard; of the same connection. */
  reconcilerQueue: Queue
  /** Where this engine runs, as in `production`; shown on the dashboard. */
  environment: string
  /** For buyers: short deadline. */
  database: Database
  /** For admins, whose statements may take longer: a pool of its own, so that they hold up no buyer. */
  adminDatabase: Database
  catalog: ProductCatalog
  auth: Auth
  web: WebSettings
  /** Put before the keys of the rate limits. */
  limitPrefix: string
  rules: RefusalRules
  load: Pick<QueueLoad, 'takeTicket' | 'placeOf' | 'drainPerS'>
  /** What clients that wait are answered from. */
  outcomes: OutcomeFeed
  /** Default: 5,000 of each. */
  waitLimits?: WaitLimits
  metrics: ApiMetrics
  /** Where the workers report. */
  reportKeys: ReportKeys
  lockWatch: LockWatch
}

const dashboardPath = '/admin/queues'

const buyerRules = ({ redis, limitPrefix, logger, auth, web }: AppDeps): BuyerRules => ({
  customerFrom: auth.customers ? 'token' : 'body',
  limits: openPurchaseLimits({
    redis,
    keyPrefix: limitPrefix,
    perIp: web.limits.purchasesPerIp,
    perCustomer: web.limits.purchasesPerCustomer,
    logger,
  }),
})

/** The whole HTTP interface, without a port. It opens nothing and closes nothing: that is for who made `deps`. */
export const createApp = (deps: AppDeps): Express => {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.set('query parser', 'simple')

  app.use(requestLog(deps.logger, deps.metrics.requestEnded))
  app.use(dropUnreadBody)
  // What buyers ask for comes first: Express tries one route after the other.
  protectPublic(app, deps.auth, deps.web)
  const { shares: max } = deps.web
  const shares = { held: openAddressShare(max.held), streams: openAddressShare(max.streams) }
  app.use(purchasesRoute({ ...deps, shares, buyers: buyerRules(deps) }))
  app.use(productsRoute(deps.database))
  app.use(
    productEventsRoute({ catalog: deps.catalog, closing: deps.outcomes.closing, share: shares.streams }),
  )
  app.use(ordersRoute(deps.database))
  app.use(customersRoute(deps.database))
  protectAdmin(app, deps.auth, deps.web)
  const { adminDatabase } = deps
  const queues = [...deps.queues.values()]
  const { nameOf } = deps.catalog
  const ordersOpen = deps.auth.customers === undefined
  app.use(dashboardPath, dashboard({ ...deps, queues, nameOf, ordersOpen, basePath: dashboardPath }))
  app.use(
    '/admin',
    adminRoute({ ...deps, database: adminDatabase, queues, boardPath: dashboardPath, ordersOpen }),
  )
  const metrics = metricsRoute({ ...deps, queues })
  app.use('/metrics', metrics)
  // The same for people: the cookie of the sign-in goes no further than /admin.
  app.use('/admin/metrics', metrics)
  app.use(healthRoute(() => checkReadiness(deps.redis, deps.database)))
  app.use(docsRoute(deps.web.secure))
  app.use(pageAssetsRoute())
  // Customers of a token buy for themselves only: nobody could race with two hundred of them.
  const races = deps.rules.demoStrategies && !deps.auth.customers
  if (races) app.use(racesRoute(deps))
  app.use(shopRoute({ secure: deps.web.secure, customerFrom: deps.auth.customers ? 'token' : 'body', races }))
  app.use(unknownRoute)
  app.use(answerFault)
  return app
}
