import { productIdSchema } from '@flash-sale/shared/contract/product.ts'
import { adminPurchasesQuerySchema } from '@flash-sale/shared/contract/purchase-list.ts'
import { adminPurchaseList, queueState } from './named-schemas.ts'
import type { RouteDescription } from './route-description.ts'

const purchases: RouteDescription = {
  method: 'get',
  path: '/admin/purchases',
  id: 'listPurchases',
  tag: 'Admin: purchases',
  summary: 'Settled purchases by product, customer and outcome',
  description:
    'The last settled first, by pages, as of a customer. Settled purchases only: what has no outcome yet is in no list.',
  access: 'admin',
  query: adminPurchasesQuerySchema.extend({
    productId: productIdSchema
      .optional()
      .meta({ description: 'Only purchases of this product.', examples: [1] }),
  }),
  answers: { 200: { description: 'One page.', schema: adminPurchaseList } },
  problems: ['database-unavailable'],
}

const queueTag = 'Admin: queue'

const queue: RouteDescription = {
  method: 'get',
  path: '/admin/queue',
  id: 'readQueue',
  tag: queueTag,
  summary: 'How much waits in the queue',
  access: 'admin',
  answers: { 200: { description: 'All queues as one.', schema: queueState } },
  problems: ['queue-unavailable'],
}

const control = (verb: 'pause' | 'resume', summary: string, description: string): RouteDescription => ({
  method: 'post',
  path: `/admin/queue/${verb}`,
  id: `${verb}Queue`,
  tag: queueTag,
  summary,
  description,
  access: 'admin',
  answers: {
    200: { description: 'The queue afterwards.', schema: queueState },
    303: {
      description: 'To the lock page, for a form of it (`Accept: text/html`).',
      text: { mediaType: 'text/html', example: '<p>See Other. Redirecting to /admin/locks</p>' },
      headers: ['Location'],
    },
  },
  problems: ['queue-unavailable'],
})

const metrics = (path: string, id: string, summary: string): RouteDescription => ({
  method: 'get',
  path,
  id,
  tag: 'Metrics',
  summary,
  access: 'admin',
  answers: {
    200: {
      description: "Prometheus' text, version 0.0.4.",
      text: {
        mediaType: 'text/plain',
        example: '# TYPE flash_sale_redis_reachable gauge\nflash_sale_redis_reachable 1\n',
      },
    },
  },
  problems: [],
})

export const adminRoutes: readonly RouteDescription[] = [
  purchases,
  queue,
  control(
    'pause',
    'Let workers take no further purchases',
    'Buyers are accepted as ever, and see `queued`; what workers have taken is settled. Safe to repeat.',
  ),
  control('resume', 'Let workers go on', 'Safe to repeat.'),
  metrics('/metrics', 'readMetrics', 'Metrics of this api and of all workers, where there is one api'),
  metrics('/metrics/api', 'readApiMetrics', 'Metrics of this api process'),
  metrics('/metrics/workers', 'readWorkerMetrics', 'Metrics of all workers'),
  metrics('/admin/metrics', 'seeMetrics', 'As `/metrics`, for a browser that is signed in'),
  metrics('/admin/metrics/api', 'seeApiMetrics', 'As `/metrics/api`, for a browser that is signed in'),
  metrics(
    '/admin/metrics/workers',
    'seeWorkerMetrics',
    'As `/metrics/workers`, for a browser that is signed in',
  ),
]
