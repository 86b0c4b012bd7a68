import {
  type PurchaseAccepted,
  type PurchaseRequest,
  purchaseRequestSchema,
} from '@flash-sale/shared/contract/purchase.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog, ProductFacts } from '@flash-sale/shared/product-catalog.ts'
import { type PurchaseJob, queueNameOf } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { type Response, Router } from 'express'
import { validate as isUuid, v7 } from 'uuid'
import { withBody } from './body.ts'
import { enqueue, type PurchaseQueue } from './enqueue.ts'
import { findPurchase } from './find-purchase.ts'
import { methodNotAllowed, type Refusal, sendProblem } from './problem-answer.ts'
import { sendUnknownProduct } from './product-id.ts'
import { pollAfterMs } from './purchase-view.ts'
import { logReason } from './request-log.ts'

export interface PurchasesRouteDeps {
  redis: Redis
  queues: ReadonlyMap<string, PurchaseQueue>
  database: Database
  catalog: ProductCatalog
  /** Whether demo products may be bought with the naive strategy. */
  demoStrategies: boolean
}

/** What can be refused without touching stock; undefined when the purchase may be queued. */
const refusalOf = (
  request: PurchaseRequest,
  product: ProductFacts,
  demoStrategies: boolean,
  nowMs: number,
): Refusal | undefined => {
  if (request.strategy === 'naive' && !(demoStrategies && product.demo)) {
    return {
      code: 'strategy-not-allowed',
      detail: demoStrategies
        ? `product ${product.id} is not a demo product: leave strategy out`
        : 'demo strategies are switched off here: leave strategy out',
    }
  }
  if (product.opensAtMs !== null && nowMs < product.opensAtMs) {
    return {
      code: 'sale-not-open',
      detail: `the sale of product ${product.id} opens at ${new Date(product.opensAtMs).toISOString()}`,
      retryAfterS: Math.ceil((product.opensAtMs - nowMs) / 1000),
    }
  }
  return undefined
}

const jobOf = (request: PurchaseRequest): PurchaseJob => ({
  productId: request.productId,
  customerId: request.customerId,
  quantity: request.quantity,
  ...(request.strategy === 'naive' ? { strategy: request.strategy } : {}),
})

const sendAccepted = (response: Response, jobId: string): void => {
  const statusUrl = `/purchases/${jobId}`
  const accepted: PurchaseAccepted = { jobId, status: 'queued', statusUrl, pollAfterMs: pollAfterMs(0) }
  response.setHeader('Location', statusUrl)
  // Whole seconds are all that the header can say; clients that read the body ask sooner.
  response.setHeader('Retry-After', '1')
  response.status(202).json(accepted)
}

/** `POST /purchases` and `GET /purchases/:jobId`. */
export const purchasesRoute = (deps: PurchasesRouteDeps): Router => {
  const { redis, queues, database, catalog, demoStrategies } = deps
  const sources = { redis, database, queues: [...queues.values()] }

  const purchase = withBody(purchaseRequestSchema, async (body, _request, response) => {
    const product = await catalog.find(body.productId)
    if (!product) return sendUnknownProduct(response, body.productId)
    const acceptedAtMs = Date.now()
    const refusal = refusalOf(body, product, demoStrategies, acceptedAtMs)
    if (refusal) return sendProblem(response, refusal)

    const queue = queues.get(queueNameOf(body.productId))
    if (!queue) throw new Error(`there is no queue ${queueNameOf(body.productId)}`)
    const jobId = v7()
    const enqueued = await enqueue(redis, queue, { jobId, acceptedAtMs, job: jobOf(body) })
    if (enqueued.kind === 'accepted') return sendAccepted(response, jobId)
    logReason(response, enqueued.reason)
    const detail =
      enqueued.kind === 'queue-unavailable'
        ? 'the queue cannot take purchases now, and this one was not accepted: send it again'
        : `the queue did not answer in time: see /purchases/${jobId} before you send it again`
    sendProblem(response, { code: enqueued.kind, detail })
  })

  const router = Router()
  router.route('/purchases').post(purchase).all(methodNotAllowed('POST'))
  router
    .route('/purchases/:jobId')
    .get(async (request, response) => {
      const jobId = request.params.jobId.toLowerCase()
      const found = isUuid(jobId) ? await findPurchase(sources, jobId) : { kind: 'unknown' as const }
      if (found.kind === 'found') {
        response.json(found.view)
        return
      }
      if (found.kind === 'unknown') {
        const shown = JSON.stringify(jobId.slice(0, 40))
        return sendProblem(response, { code: 'unknown-purchase', detail: `there is no purchase ${shown}` })
      }
      sendProblem(response, {
        code: found.kind,
        detail: 'the store that may know this purchase cannot be asked now: ask again',
      })
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}
