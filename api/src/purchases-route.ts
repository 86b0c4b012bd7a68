import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { type Response, Router } from 'express'
import { validate as isUuid } from 'uuid'
import { type Acceptance, acceptPurchase } from './accept-purchase.ts'
import type { AddressShare } from './address-share.ts'
import { type BuyerRules, withPurchase } from './buyer.ts'
import { callerOf, maySee } from './caller.ts'
import type { PurchaseQueue } from './enqueue.ts'
import { type FoundPurchase, findPurchase } from './find-purchase.ts'
import { heldPurchases } from './held-purchase.ts'
import { idempotencyKeyOf, purchaseIdOf } from './idempotency-key.ts'
import type { ApiMetrics } from './metrics/api-metrics.ts'
import type { OutcomeFeed } from './outcome-feed.ts'
import { openOutcomeWaiters } from './outcome-waiters.ts'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { sendUnknownProduct } from './product-id.ts'
import { sendAccepted, sendNotFound, sendUnknownPurchase } from './purchase-answer.ts'
import { purchaseEvents } from './purchase-events.ts'
import { newPurchaseId } from './purchase-id.ts'
import { openPurchaseRows } from './purchase-rows.ts'
import { openPurchaseWatches } from './purchase-watch.ts'
import type { QueueLoad } from './queue-load.ts'
import type { RefusalRules } from './refuse-purchase.ts'
import { logReason } from './request-log.ts'

export interface PurchasesRouteDeps {
  redis: Redis
  queues: ReadonlyMap<string, PurchaseQueue>
  database: Database
  catalog: ProductCatalog
  rules: RefusalRules
  load: Pick<QueueLoad, 'takeTicket' | 'placeOf'>
  outcomes: OutcomeFeed
  waitLimits?: WaitLimits
  shares: WaitShares
  buyers: BuyerRules
  metrics: Pick<ApiMetrics, 'purchaseAccepted'>
}

/** How many clients may wait at a time in one process. */
export interface WaitLimits {
  /** Requests with `Prefer: wait`; one more is answered at once. */
  waitersMax: number
  /** Event streams; one more is refused. */
  streamsMax: number
  /** How often to look at a purchase that a request is held for although no news of it came, on average. Default: 12 s. */
  heldLookEveryMs?: number
}

/** What of these one address may have. */
export interface WaitShares {
  held: AddressShare
  streams: AddressShare
}

const waitLimitsDefault: WaitLimits = { waitersMax: 5_000, streamsMax: 5_000 }
const heldLookEveryMsDefault = 12_000

const sendInvalidKey = (response: Response, message: string): void =>
  sendProblem(response, {
    code: 'invalid-request',
    detail: `Idempotency-Key: ${message}`,
    errors: [{ path: 'Idempotency-Key', message }],
  })

type NotQueued = Extract<Acceptance, { reason: string }>

/** What a buyer should do whose purchase was not, or perhaps not, queued. */
const adviceOf = ({ kind }: NotQueued, jobId: string, keyed: boolean): string => {
  const what =
    kind === 'queue-unavailable' ? 'the queue cannot take purchases now' : 'the queue did not answer in time'
  if (keyed) return `${what}: send it again with the same Idempotency-Key, it stays one purchase`
  return kind === 'queue-unavailable'
    ? `${what}, and this one was not accepted: send it again`
    : `${what}: see /purchases/${jobId} before you send it again`
}

/** `POST /purchases`, `GET /purchases/:jobId` and its `/events`. */
export const purchasesRoute = (deps: PurchasesRouteDeps): Router => {
  const { redis, queues, database, catalog, rules, load, outcomes, buyers, metrics, shares } = deps
  const {
    waitersMax,
    streamsMax,
    heldLookEveryMs: lookEveryMs = heldLookEveryMsDefault,
  } = deps.waitLimits ?? waitLimitsDefault
  const rows = openPurchaseRows(database)
  const sources = { redis, rows, load, queues: [...queues.values()] }
  const look = async (jobId: string): Promise<FoundPurchase> =>
    isUuid(jobId) ? findPurchase(sources, jobId) : { kind: 'unknown' }

  const { closing } = outcomes
  const watches = openPurchaseWatches({ feed: outcomes, look })
  const waiters = openOutcomeWaiters({ watches, closing, waitersMax, lookEveryMs })
  const held = heldPurchases({ waiters, look, share: shares.held })

  const purchase = withPurchase(buyers, async (body, request, response) => {
    const given = idempotencyKeyOf(request)
    if (given.kind === 'invalid') return sendInvalidKey(response, given.why)
    const product = await catalog.find(body.productId)
    if (!product) return sendUnknownProduct(response, body.productId)

    const key = given.kind === 'key' ? given.key : undefined
    const jobId = key === undefined ? newPurchaseId() : purchaseIdOf(body.customerId, key)
    const hold = held.begin(request, response, jobId)
    const sources = { redis, queues, rows, rules, load }
    const acceptance = await acceptPurchase(sources, body, product, { jobId, keyed: key !== undefined })
    if (acceptance.kind !== 'refused') response.locals.jobId = jobId
    if (acceptance.kind === 'accepted') {
      const { replayed, ticket } = acceptance
      metrics.purchaseAccepted(response, replayed)
      const accepted = { jobId, replayed, etaMs: load.placeOf(ticket)?.etaMs }
      return hold ? held.post(response, accepted, hold) : sendAccepted(response, accepted)
    }
    if (acceptance.kind === 'refused') return sendProblem(response, acceptance.refusal)
    logReason(response, acceptance.reason)
    const detail = adviceOf(acceptance, jobId, key !== undefined)
    sendProblem(response, { code: acceptance.kind, detail })
  })

  const router = Router()
  router.route('/purchases').post(purchase).all(methodNotAllowed('POST'))
  router
    .route('/purchases/:jobId')
    .get(async (request, response) => {
      const jobId = request.params.jobId.toLowerCase()
      const hold = held.begin(request, response, jobId)
      const found = await look(jobId)
      if (found.kind !== 'found') return sendNotFound(response, jobId, found)
      if (!maySee(callerOf(request), found.customerId)) return sendUnknownPurchase(response, jobId)
      if (!hold) return void response.json(found.view)
      await held.get(response, found.view, hold)
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  router
    .route('/purchases/:jobId/events')
    .get(purchaseEvents({ watches, look, load, closing, streamsMax, share: shares.streams }))
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}
