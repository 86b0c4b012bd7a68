import type { Redis } from '@flash-sale/shared/redis.ts'
import type { ReportKeys } from '@flash-sale/shared/redis-keys.ts'
import { type Response, Router } from 'express'
import { Registry } from 'prom-client'
import type { PurchaseQueue } from '../enqueue.ts'
import { methodNotAllowed } from '../problem-answer.ts'
import type { ApiMetrics } from './api-metrics.ts'
import { queueDepthMetrics } from './queue-depth.ts'
import { metricsOfRegistry, metricsText, workerMetrics } from './worker-part.ts'

export interface MetricsRouteDeps {
  metrics: ApiMetrics
  redis: Redis
  queues: readonly PurchaseQueue[]
  reportKeys: ReportKeys
}

const send = (response: Response, text: string): void => {
  response.setHeader('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  response.end(text)
}

/**
 * Prometheus' text, below `/metrics`: `/api` of this process, `/workers` of all workers, and both at `/` for a single api.
 * Who may come here is decided before. Answers within 2 s also while Redis is away.
 */
export const metricsRoute = ({ metrics, redis, queues, reportKeys }: MetricsRouteDeps): Router => {
  const { registry } = metrics
  const lookAtQueues = queueDepthMetrics(registry, redis, queues)
  const ofApi = async () => {
    await lookAtQueues()
    return metricsOfRegistry(registry)
  }

  const router = Router()
  router
    .route('/')
    .get(async (_request, response) => {
      const [api, workers] = await Promise.all([ofApi(), workerMetrics(redis, reportKeys)])
      send(response, await metricsText([api, ...workers]))
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  router
    .route('/api')
    .get(async (_request, response) => send(response, await metricsText([await ofApi()])))
    .all(methodNotAllowed('GET', 'HEAD'))
  router
    .route('/workers')
    .get(async (_request, response) =>
      send(response, await metricsText(await workerMetrics(redis, reportKeys))),
    )
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}
