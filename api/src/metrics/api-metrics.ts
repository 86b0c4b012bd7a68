import { cappedLabel } from '@flash-sale/shared/capped-label.ts'
import type { DatabasePool } from '@flash-sale/shared/postgres.ts'
import type { Request, Response } from 'express'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

declare global {
  namespace Express {
    interface Locals {
      /** Set once the purchase is in the queue: whatever is answered then is no refusal. */
      purchaseAccepted?: boolean
      /** Code of the problem that was answered. */
      problem?: string
    }
  }
}

/** What happens in an api process and is worth counting. None of it throws. */
export interface ApiMetrics {
  registry: Registry
  /** Once for each purchase that is in the queue, or was there already under its key. */
  purchaseAccepted(response: Response, replayed: boolean): void
  /** Once for each request, when its connection is done with it. */
  requestEnded(request: Request, response: Response): void
  stockNewsHeard(): void
}

/** Addresses come from the routes, not from callers, so this is never reached. */
const routesMax = 100

/** What a request asked for, without its ids: the pattern of the route that took it. */
const routeOf = (request: Request): string => {
  const pattern: unknown = request.route?.path
  // Express forgets where a router was mounted once its handler has failed.
  const mount = request.baseUrl || (request.originalUrl.startsWith('/admin/') ? '/admin' : '')
  // Bull Board has dozens of its own.
  if (mount === '/admin/queues') return mount
  return typeof pattern === 'string' ? mount + pattern : mount || 'other'
}

const knownMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
])

/** @param pools by their use; a pool of Postgres connections each. */
export const createApiMetrics = (
  pools: Readonly<Record<string, Pick<DatabasePool, 'callsUnderWay' | 'connectionsMax'>>>,
): ApiMetrics => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'flash_sale_api_' })

  const accepted = new Counter({
    name: 'flash_sale_purchases_accepted_total',
    help: 'Purchases that were put into the queue.',
    registers,
  })
  const replayed = new Counter({
    name: 'flash_sale_purchases_replayed_total',
    help: 'Purchases sent again with their Idempotency-Key and answered as the same purchase.',
    registers,
  })
  const refused = new Counter({
    name: 'flash_sale_purchases_refused_total',
    help: 'Purchases that were not accepted, by problem code; outcome-unknown ones may have been.',
    labelNames: ['reason'],
    registers,
  })
  const requests = new Counter({
    name: 'flash_sale_http_requests_total',
    help: 'Requests by route and class of status; left: the client went before it was answered.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const stockNews = new Counter({
    name: 'flash_sale_stock_news_heard_total',
    help: 'Messages about stock that this api has heard; one a settled batch.',
    registers,
  })
  const calls = new Gauge({
    name: 'flash_sale_api_postgres_calls',
    help: 'Calls that run or wait for a connection, by pool.',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, { callsUnderWay }] of Object.entries(pools)) this.set({ pool }, callsUnderWay())
    },
  })
  const connectionsMax = new Gauge({
    name: 'flash_sale_api_postgres_connections_max',
    help: 'Size of each pool.',
    labelNames: ['pool'],
    registers,
  })
  for (const [pool, sized] of Object.entries(pools)) {
    connectionsMax.set({ pool }, sized.connectionsMax)
    calls.set({ pool }, 0)
  }
  const routeLabel = cappedLabel<string>(routesMax)

  return {
    registry,
    purchaseAccepted: (response, isReplay) => {
      response.locals.purchaseAccepted = true
      if (isReplay) replayed.inc()
      else accepted.inc()
    },
    requestEnded: (request, response) => {
      const route = routeLabel(routeOf(request))
      const method = knownMethods.has(request.method) ? request.method : 'other'
      const status = response.writableFinished ? `${Math.floor(response.statusCode / 100)}xx` : 'left'
      requests.inc({ method, route, status })
      const { problem, purchaseAccepted } = response.locals
      if (problem !== undefined && !purchaseAccepted && method === 'POST' && route === '/purchases')
        refused.inc({ reason: problem })
    },
    stockNewsHeard: () => stockNews.inc(),
  }
}
