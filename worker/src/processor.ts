import type { Logger } from '@flash-sale/shared/logger.ts'
import { settledMessage } from '@flash-sale/shared/outcome-news.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import type { PurchaseJob, PurchaseResult } from '@flash-sale/shared/queue.ts'
import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq'
import { batchMessage } from './batch-news.ts'
import { type Batcher, HandedBack, SteppedBack } from './batcher.ts'
import { createJobNotes } from './job-notes.ts'
import { buyNaively } from './naive.ts'
import type { Purchase } from './purchase.ts'
import { queueWaitMsOf } from './queue-wait.ts'
import { readPurchase } from './read-purchase.ts'
import { recordFailed } from './record-failed.ts'
import type { WorkerEvents } from './worker-events.ts'

export interface ProcessorOptions {
  batcher: Batcher
  database: Database
  catalog: ProductCatalog
  /** Whether the naive strategy may run at all. */
  demoStrategies: boolean
  /** Tells everybody what a purchase came to. */
  tell: (message: string) => void
  events: WorkerEvents
  logger: Logger
}

/** When a purchase of a stuck product comes back to the end of the queue, on average. */
const stepBackMs = 2_000

type PurchaseJobOf = Job<PurchaseJob, PurchaseResult>

/**
 * From a BullMQ job to its outcome. A fault of the infrastructure never gets here, so a job that throws is either
 * handed back or a bug. Delivery: a job may run twice (a stalled one does), its purchase is settled once.
 */
export const createProcessor = (options: ProcessorOptions) => {
  const { batcher, database, catalog, events, logger } = options
  const notes = createJobNotes()

  const settleNaively = async (purchase: Purchase, sinceMs: number): Promise<PurchaseResult> => {
    const facts = await catalog.find(purchase.productId)
    if (!options.demoStrategies || !facts?.demo)
      throw new UnrecoverableError('the naive strategy is for demo products, where it is switched on')
    const startedAtMs = performance.now()
    const { storedBefore, ...settled } = await buyNaively(database, purchase, facts.thinkMs)
    const settleMs = Math.round(performance.now() - startedAtMs)
    const settlement = { ...settled, lockWaitMs: 0, settleMs, batchSize: 1 }
    const { productId } = purchase
    const queueWaitMs = Math.max(0, sinceMs - purchase.acceptedAtMs)
    if (!storedBefore) events.storedAlone({ productId, outcome: settled.outcome, naive: true, queueWaitMs })
    const message = batchMessage([{ purchase, sinceMs, settlement }])
    if (message !== undefined) options.tell(message)
    return { ...settlement, queueWaitMs }
  }

  const closeUnsettleable = async (
    job: PurchaseJobOf,
    id: string,
    reason: string,
  ): Promise<PurchaseResult> => {
    logger.error({ jobId: id, reason }, 'purchase can never be settled: failed')
    const data: Partial<Record<keyof PurchaseJob, unknown>> = { ...job.data }
    const settledAt = await recordFailed(database, {
      id,
      productId: data.productId,
      customerId: data.customerId,
      quantity: data.quantity,
      acceptedAtMs: job.timestamp,
    })
    if (!settledAt) throw new UnrecoverableError(`the job's data was changed after it was settled: ${reason}`)
    options.tell(settledMessage(id))
    const queueWaitMs = queueWaitMsOf(job) ?? 0
    events.storedAlone({ productId: Number(data.productId), outcome: 'failed', naive: false, queueWaitMs })
    return { outcome: 'failed', settledAt, queueWaitMs, lockWaitMs: 0, settleMs: 0, batchSize: 1 }
  }

  return async (job: PurchaseJobOf, token?: string): Promise<PurchaseResult> => {
    const read = readPurchase(job)
    if (read.kind === 'no_purchase') throw new UnrecoverableError(read.reason)
    if (read.kind === 'unsettleable') return closeUnsettleable(job, read.id, read.reason)
    const sinceMs = job.processedOn ?? Date.now()
    if (read.naive) return settleNaively(read.purchase, sinceMs)
    const queueWaitMs = Math.max(0, sinceMs - read.purchase.acceptedAtMs)
    try {
      const settlement = await batcher.submit(read.purchase, sinceMs, (progress) =>
        job.updateProgress(progress),
      )
      notes.write(job, settlement)
      const { storedBefore: _stored, settledAgain: _again, lastFault: _fault, ...settled } = settlement
      return { ...settled, queueWaitMs }
    } catch (error) {
      if (error instanceof HandedBack) {
        events.handedBack()
        await job.moveToWait(token)
        throw new WaitingError(error.message)
      }
      if (error instanceof SteppedBack) {
        events.steppedBack()
        await job.moveToDelayed(Date.now() + stepBackMs * (0.5 + Math.random()), token)
        throw new DelayedError(error.message)
      }
      throw error
    }
  }
}
