import type { PurchaseRequest } from '@flash-sale/shared/contract/purchase.ts'
import { DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import type { ProductFacts } from '@flash-sale/shared/product-catalog.ts'
import { type PurchaseJob, queueNameOf } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { enqueue, type PurchaseQueue, queuedJob } from './enqueue.ts'
import type { Refusal } from './problem-answer.ts'
import type { PurchaseRows } from './purchase-rows.ts'
import type { PurchaseRow } from './purchase-view.ts'
import type { QueueLoad } from './queue-load.ts'
import { type RefusalRules, refusalOf } from './refuse-purchase.ts'

export interface AcceptSources {
  redis: Redis
  queues: ReadonlyMap<string, PurchaseQueue>
  rows: PurchaseRows
  rules: RefusalRules
  load: Pick<QueueLoad, 'takeTicket'>
}

/** What became of a purchase that was sent; see `Enqueued` for the last two. */
export type Acceptance =
  /** `replayed`: by an earlier call with the same key; then without ticket. */
  | { kind: 'accepted'; replayed: boolean; ticket?: number }
  | { kind: 'refused'; refusal: Refusal }
  | { kind: 'queue-unavailable' | 'outcome-unknown'; reason: string }

/** Of the 2 s within which a purchase is answered; Redis may take the rest. */
const rowPatienceMs = 200

const jobOf = (request: PurchaseRequest, ticket: number | undefined): PurchaseJob => ({
  productId: request.productId,
  customerId: request.customerId,
  quantity: request.quantity,
  ...(request.strategy === 'naive' ? { strategy: request.strategy } : {}),
  ...(ticket === undefined ? {} : { ticket }),
})

const isJobOf = (job: PurchaseJob, request: PurchaseRequest): boolean =>
  job.productId === request.productId &&
  job.quantity === request.quantity &&
  (job.strategy === 'naive') === (request.strategy === 'naive')

const isRowOf = (row: PurchaseRow, request: PurchaseRequest): boolean => {
  // The naive strategy holds no lease. Neither had what failed, whatever its strategy was.
  const naive = row.outcome === 'failed' ? request.strategy === 'naive' : row.fencing_token === null
  return (
    row.product_id === request.productId &&
    row.quantity === request.quantity &&
    naive === (request.strategy === 'naive')
  )
}

const replay = (same: boolean): Acceptance => {
  if (same) return { kind: 'accepted', replayed: true }
  const detail =
    'expected the productId, quantity and strategy that this Idempotency-Key was sent with before: ' +
    'a new purchase needs a new key'
  return { kind: 'refused', refusal: { code: 'idempotency-key-reused', detail } }
}

/** Undefined also while Postgres cannot be asked: a sale goes on without it, and what is queued twice is sold once. */
const storedRow = async (rows: PurchaseRows, jobId: string): Promise<PurchaseRow | undefined> => {
  try {
    return await rows.find(jobId, rowPatienceMs)
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) return undefined
    throw error
  }
}

/** What was accepted under its key is not refused when it is sent again: the first call may have come before the last unit. */
const refuseUnlessQueued = async (asked: {
  redis: Redis
  queue: PurchaseQueue
  jobId: string
  request: PurchaseRequest
  refusal: Refusal
}): Promise<Acceptance> => {
  const { redis, queue, jobId, request, refusal } = asked
  try {
    const job = await queuedJob(redis, queue, jobId)
    return job ? replay(isJobOf(job, request)) : { kind: 'refused', refusal }
  } catch (error) {
    return { kind: 'outcome-unknown', reason: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Takes a purchase, once for one customer and key, and answers within 2 s whatever the stores do. What has its outcome
 * is found in Postgres and not queued again; what waits for it is found in Redis, by the job that is there already.
 * @param jobId its id; `keyed`: made of an Idempotency-Key, so that it may have been sent before.
 */
export const acceptPurchase = async (
  { redis, queues, rows, rules, load }: AcceptSources,
  request: PurchaseRequest,
  product: ProductFacts,
  { jobId, keyed }: { jobId: string; keyed: boolean },
): Promise<Acceptance> => {
  // Before any refusal: what was accepted is not refused afterwards.
  const row = keyed ? await storedRow(rows, jobId) : undefined
  if (row) return replay(isRowOf(row, request))

  const acceptedAtMs = Date.now()
  const queue = queues.get(queueNameOf(product.id))
  if (!queue) throw new Error(`there is no queue ${queueNameOf(product.id)}`)
  const refusal = refusalOf(request, product, rules, acceptedAtMs)
  if (refusal && !keyed) return { kind: 'refused', refusal }
  if (refusal) return refuseUnlessQueued({ redis, queue, jobId, request, refusal })

  const ticket = load.takeTicket()
  const enqueued = await enqueue(redis, queue, { jobId, acceptedAtMs, job: jobOf(request, ticket) })
  switch (enqueued.kind) {
    case 'accepted':
      return { kind: 'accepted', replayed: false, ...(ticket === undefined ? {} : { ticket }) }
    case 'was-there':
      return replay(isJobOf(enqueued.job, request))
    default:
      return enqueued
  }
}
