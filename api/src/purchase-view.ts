/** What a client is shown of a purchase, from each of the places that know about it. */
import {
  type Outcome,
  outcomes,
  type PendingStatus,
  type PurchaseView,
} from '@flash-sale/shared/contract/purchase.ts'
import type { PurchaseJob, PurchaseResult } from '@flash-sale/shared/queue.ts'
import type { Job } from 'bullmq'
import type { PlaceEstimate } from './queue-load.ts'

export type PurchaseBullJob = Job<PurchaseJob, PurchaseResult>

/** A row of `purchases`, with its order where there is one. */
export interface PurchaseRow {
  id: string
  product_id: number
  customer_id: string
  quantity: number
  outcome: Outcome
  /** A bigint, hence text; null: settled without a lease, by the naive strategy or as failed. */
  fencing_token: string | null
  accepted_at: Date
  settled_at: Date
  /** A bigint, hence text. */
  order_id: string | null
}

const pollAfterMsMin = 50
const pollAfterMsMax = 1_000

/** Longer where the time to go is known: nobody misses anything by then. */
const pollAfterMsMaxKnown = 2_000

const between = (min: number, value: number, max: number): number =>
  Math.round(Math.min(max, Math.max(min, value)))

/**
 * When to ask again: after half of the time to go; where that is unknown, after a fifth of what the purchase has waited
 * already, so that short waits are seen at once and long ones do not flood the api with questions.
 */
export const pollAfterMs = (ageMs: number, etaMs?: number): number =>
  etaMs === undefined
    ? between(pollAfterMsMin, ageMs / 5, pollAfterMsMax)
    : between(pollAfterMsMin, etaMs / 2, pollAfterMsMaxKnown)

const outcomeNames: ReadonlySet<string> = new Set(outcomes)

/** Whether this is an outcome, after which nothing changes. */
export const isOutcome = (status: string): status is Outcome => outcomeNames.has(status)

/** What a purchase's place is estimated from; Redis is not ours alone, so it may be anything. */
export const ticketOf = ({ data }: PurchaseBullJob): number | undefined =>
  Number.isSafeInteger(data.ticket) ? data.ticket : undefined

/** The view with the place as it is estimated now. */
export const withPlace = (
  view: PurchaseView,
  place: PlaceEstimate | undefined,
  nowMs: number,
): PurchaseView =>
  isOutcome(view.status)
    ? view
    : { ...view, ...place, pollAfterMs: pollAfterMs(nowMs - Date.parse(view.acceptedAt), place?.etaMs) }

/** A bigint of Postgres in JSON: a number where that is exact, else its digits. */
export const jsonNumber = (bigint: string): number | string =>
  Number.isSafeInteger(Number(bigint)) ? Number(bigint) : bigint

/** The outcome that a completed job carries; undefined for a job without one. */
export const viewOfCompletedJob = (jobId: string, job: PurchaseBullJob): PurchaseView | undefined => {
  const result: PurchaseResult | null = job.returnvalue
  if (job.finishedOn === undefined || job.failedReason || !result?.outcome) return undefined
  return {
    jobId,
    productId: job.data.productId,
    quantity: job.data.quantity,
    status: result.outcome,
    ...(result.orderId === undefined ? {} : { orderId: result.orderId }),
    acceptedAt: new Date(job.timestamp).toISOString(),
    settledAt: result.settledAt,
    queueWaitMs: result.queueWaitMs,
    lockWaitMs: result.lockWaitMs,
    settleMs: result.settleMs,
    batchSize: result.batchSize,
  }
}

/** The outcome that Postgres keeps when Redis has forgotten the job, or has not heard of its end. */
export const viewOfRow = (row: PurchaseRow): PurchaseView => ({
  jobId: row.id,
  productId: row.product_id,
  quantity: row.quantity,
  status: row.outcome,
  ...(row.order_id === null ? {} : { orderId: jsonNumber(row.order_id) }),
  acceptedAt: row.accepted_at.toISOString(),
  settledAt: row.settled_at.toISOString(),
})

const pendingStatusOf = (job: PurchaseBullJob): PendingStatus => {
  // Finished without an outcome: failed in BullMQ's eyes, which is none of ours.
  if (job.processedOn === undefined || job.finishedOn !== undefined) return 'queued'
  const progress: unknown = job.progress
  const reported =
    typeof progress === 'object' && progress !== null && 'status' in progress && progress.status
  return reported === 'settling' ? 'settling' : 'waiting_for_lock'
}

/** A purchase that waits for its outcome. */
export const viewOfPendingJob = (
  jobId: string,
  job: PurchaseBullJob,
  place?: PlaceEstimate,
  nowMs = Date.now(),
): PurchaseView => {
  const status = pendingStatusOf(job)
  return {
    jobId,
    productId: job.data.productId,
    quantity: job.data.quantity,
    status,
    acceptedAt: new Date(job.timestamp).toISOString(),
    ...(status === 'queued' || job.processedOn === undefined
      ? {}
      : { queueWaitMs: Math.max(0, job.processedOn - job.timestamp) }),
    ...(status === 'settling' ? {} : place),
    pollAfterMs: pollAfterMs(nowMs - job.timestamp, place?.etaMs),
  }
}
