import type { Logger } from '@flash-sale/shared/logger.ts'
import { settledMessage } from '@flash-sale/shared/outcome-news.ts'
import { type Database, DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import type { PurchaseJob, PurchaseResult } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { Job, Queue } from 'bullmq'
import { type Batcher, HandedBack, SteppedBack } from '../batcher.ts'
import { queueWaitMsOf } from '../queue-wait.ts'
import { readPurchase } from '../read-purchase.ts'
import { recordFailed } from '../record-failed.ts'
import type { WorkerEvents } from '../worker-events.ts'
import { findUnsettled } from './find-unsettled.ts'

/** What one pass did: figures, for the log and the job's return value. */
export interface Reconciliation {
  /** Purchases without outcome that nobody would have settled. */
  found: number
  /** Got the outcome that their turn gave them. */
  settled: number
  /** Can never be settled: closed as `failed`. */
  closed: number
}

export interface ReconcileOptions {
  commandRedis: Redis
  queue: Queue<PurchaseJob, PurchaseResult>
  database: Database
  batcher: Batcher
  /** How long an active job must have been without a worker, ms. */
  abandonedMs: number
  /** Tells everybody what a purchase came to. */
  tell: (message: string) => void
  events: Pick<WorkerEvents, 'storedAlone'>
  logger: Logger
}

/**
 * One pass: every purchase that nobody is going to settle gets its outcome. Settling goes through the batcher like any
 * other, under the product's lock; the job is then put back, so that it ends as completed with the stored outcome.
 * Safe to run at any time, in several places: outcomes are decided once.
 * @throws when a store does not answer, or the worker is stopping; the next pass finds the rest.
 */
export const reconcile = async (options: ReconcileOptions): Promise<Reconciliation> => {
  const { queue, database, batcher, logger } = options
  const jobs = await findUnsettled(options.commandRedis, queue, database, options.abandonedMs)

  const close = async (job: Job<PurchaseJob, PurchaseResult>, reason: string): Promise<'closed'> => {
    const data: Partial<Record<keyof PurchaseJob, unknown>> = { ...job.data }
    const settledAt = await recordFailed(database, {
      id: job.id ?? '',
      productId: data.productId,
      customerId: data.customerId,
      quantity: data.quantity,
      acceptedAtMs: job.timestamp,
    })
    if (job.id !== undefined) options.tell(settledMessage(job.id))
    if (settledAt) {
      const queueWaitMs = queueWaitMsOf(job)
      options.events.storedAlone({
        ...{ productId: Number(data.productId), outcome: 'failed', naive: false },
        ...(queueWaitMs === undefined ? {} : { queueWaitMs }),
      })
    }
    logger.error({ jobId: job.id, reason }, 'reconciler: purchase can never be settled, closed as failed')
    return 'closed'
  }

  const settleOrClose = async (job: Job<PurchaseJob, PurchaseResult>): Promise<'settled' | 'closed'> => {
    const read = readPurchase(job)
    if (read.kind !== 'purchase') return close(job, read.reason)
    if (read.naive) return close(job, job.failedReason || 'the naive strategy is not tried again')
    try {
      const { outcome } = await batcher.submit(read.purchase, Date.now(), async () => undefined)
      logger.warn(
        { jobId: job.id, reason: job.failedReason, outcome },
        'reconciler: settled a purchase left behind',
      )
    } catch (error) {
      if (
        error instanceof HandedBack ||
        error instanceof SteppedBack ||
        error instanceof DatabaseUnavailableError
      )
        throw error
      return close(job, error instanceof Error ? error.message : String(error))
    }
    // Only for show: the outcome is stored. A job that has moved on meanwhile refuses.
    if (job.failedReason) await job.retry('failed').catch(() => undefined)
    return 'settled'
  }

  const results = await Promise.all(jobs.map(settleOrClose))
  const settled = results.filter((result) => result === 'settled').length
  return { found: jobs.length, settled, closed: jobs.length - settled }
}
