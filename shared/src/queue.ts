/** The BullMQ queue of purchases: its name, what a job carries, what it returns, how long it is kept. */
import { Queue, type WorkerOptions } from 'bullmq'
import { z } from 'zod'
import { type Outcome, purchaseRequestSchema, type Strategy } from './contract/purchase.ts'
import type { Redis } from './redis.ts'

/**
 * Which queue a product's purchases go to. All go to one today; a Redis Cluster will spread them here, and
 * nothing else has to change.
 */
export const queueNameOf = (_productId: number): string => 'purchases'

/** Every queue there is, for workers and dashboards. */
export const queueNames: readonly string[] = ['purchases']

/** The queue on which the reconciler is scheduled; one job at a time, whatever the number of workers. */
export const reconcilerQueueName = 'reconciler'

/** Data of a job. Its id is the purchase's id, its timestamp the acceptance. */
export interface PurchaseJob {
  productId: number
  customerId: string
  quantity: number
  strategy?: Strategy
  /**
   * How many purchases had been accepted before it, as far as the api knew: what a buyer's place is estimated from. Not part
   * of the purchase.
   */
  ticket?: number
}

/** What the data of a job must look like; whatever its ticket is, it harms no purchase. */
export const purchaseJobSchema = purchaseRequestSchema.extend({
  // Added by apis of before 2026-11-26, which may still run while workers are new.
  nonce: z.unknown().optional(),
  ticket: z.unknown().optional(),
})

/** Return value of a completed job. Times are ISO 8601 in UTC. */
export interface PurchaseResult {
  outcome: Outcome
  orderId?: number | string
  settledAt: string
  queueWaitMs: number
  lockWaitMs: number
  settleMs: number
  batchSize: number
  /** Of the lease under which it was settled; absent for the naive strategy. */
  fencingToken?: number
}

/** Progress of an active job that has waited long enough to be worth a write. */
export type PurchaseProgress =
  | {
      status: 'waiting_for_lock'
      /** Since when, ISO 8601. */
      since: string
      waitedMs: number
      /** Estimates: batches and purchases that will be settled before this one. */
      batchesAhead: number
      purchasesAhead: number
    }
  | { status: 'settling'; since: string }

/**
 * How long a finished job is kept. Jobs may be forgotten, since Postgres keeps every outcome; BullMQ would keep them for
 * ever. Set by the workers and not in each job, which carries its options with it through Redis: 120 bytes, written,
 * stored and parsed for every purchase.
 *
 * BullMQ tries a job once unless told otherwise, which is right here: a fault of the infrastructure never reaches it (the
 * worker settles again until it is over), so a job that fails is a bug, and repeating a bug helps nobody.
 */
export const purchaseJobRetention = {
  removeOnComplete: { age: 3_600, count: 10_000 },
  removeOnFail: { age: 7 * 24 * 3_600, count: 10_000 },
} satisfies Pick<WorkerOptions, 'removeOnComplete' | 'removeOnFail'>

/**
 * The producer's side of a queue, on a connection that fails instead of waiting (see `openCommandRedis`).
 * All three options are needed: without them a Queue that is made while Redis is down hangs, sends its job later
 * behind the caller's back, or stays unusable.
 */
export const openQueue = (
  name: string,
  connection: Redis,
  bullPrefix: string,
): Queue<PurchaseJob, PurchaseResult> => {
  const queue = new Queue<PurchaseJob, PurchaseResult>(name, {
    connection,
    prefix: bullPrefix,
    skipWaitingForReady: true,
    skipVersionCheck: true,
  })
  // Connection errors are reported by the connection itself; without a listener they would end the process.
  queue.on('error', () => undefined)
  return queue
}
