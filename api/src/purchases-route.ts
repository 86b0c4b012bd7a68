import { type PurchaseAccepted, purchaseRequestSchema } from '@flash-sale/shared/contract/purchase.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { type Response, Router } from 'express'
import { validate as isUuid } from 'uuid'
import { type Acceptance, acceptPurchase } from './accept-purchase.ts'
import { withBody } from './body.ts'
import type { PurchaseQueue } from './enqueue.ts'
import { findPurchase } from './find-purchase.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'
import type { ApiMetrics } from './metrics/api-metrics.ts'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { sendUnknownProduct } from './product-id.ts'
import { openPurchaseRows } from './purchase-rows.ts'
import { pollAfterMs } from './purchase-view.ts'
import type { RefusalRules } from './refuse-purchase.ts'
import { logReason } from './request-log.ts'

export interface PurchasesRouteDeps {
  redis: Redis
  queues: ReadonlyMap<string, PurchaseQueue>
  database: Database
  catalog: ProductCatalog
  rules: RefusalRules
  metrics: Pick<ApiMetrics, 'purchaseAccepted'>
}

const sendInvalidKey = (response: Response, message: string): void =>
  sendProblem(response, {
    code: 'invalid-request',
    detail: `Idempotency-Key: ${message}`,
    errors: [{ path: 'Idempotency-Key', message }],
  })

const sendAccepted = (response: Response, jobId: string, replayed: boolean): void => {
  const statusUrl = `/purchases/${jobId}`
  const accepted: PurchaseAccepted = { jobId, status: 'queued', statusUrl, pollAfterMs: pollAfterMs(0) }
  response.setHeader('Location', statusUrl)
  // Whole seconds are all that the header can say; clients that read the body ask sooner.
  response.setHeader('Retry-After', '1')
  if (replayed) response.setHeader('Idempotency-Replayed', 'true')
  response.statusCode = 202
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(accepted))
}

type NotQueued = Extract<Acceptance, { reason: string }>

/** What a buyer should do whose purchase was not, or perhaps not, queued. */
const adviceOf = ({ kind, jobId }: NotQueued, keyed: boolean): string => {
  const what =
    kind === 'queue-unavailable' ? 'the queue cannot take purchases now' : 'the queue did not answer in time'
  if (keyed) return `${what}: send it again with the same Idempotency-Key, it stays one purchase`
  return kind === 'queue-unavailable'
    ? `${what}, and this one was not accepted: send it again`
    : `${what}: see /purchases/${jobId} before you send it again`
}

/** `POST /purchases` and `GET /purchases/:jobId`. */
export const purchasesRoute = (deps: PurchasesRouteDeps): Router => {
  const { redis, queues, database, catalog, rules, metrics } = deps
  const rows = openPurchaseRows(database)
  const sources = { redis, rows, queues: [...queues.values()] }

  const purchase = withBody(purchaseRequestSchema, async (body, request, response) => {
    const given = idempotencyKeyOf(request)
    if (given.kind === 'invalid') return sendInvalidKey(response, given.why)
    const product = await catalog.find(body.productId)
    if (!product) return sendUnknownProduct(response, body.productId)

    const key = given.kind === 'key' ? given.key : undefined
    const acceptance = await acceptPurchase({ redis, queues, rows, rules }, body, product, key)
    if (acceptance.kind !== 'refused') response.locals.jobId = acceptance.jobId
    if (acceptance.kind === 'accepted') metrics.purchaseAccepted(response, acceptance.replayed)
    if (acceptance.kind === 'accepted') return sendAccepted(response, acceptance.jobId, acceptance.replayed)
    if (acceptance.kind === 'refused') return sendProblem(response, acceptance.refusal)
    logReason(response, acceptance.reason)
    sendProblem(response, { code: acceptance.kind, detail: adviceOf(acceptance, key !== undefined) })
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
