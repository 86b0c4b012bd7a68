import type { Logger } from '@flash-sale/shared/logger.ts'
import { type PurchaseJob, type PurchaseResult, queueNames } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { MetricsTime, type Processor, Worker } from 'bullmq'

export interface TakePurchasesOptions {
  workerRedis: Redis
  bullPrefix: string
  workerName: string
  /** Jobs held at a time. */
  concurrency: number
  processor: Processor<PurchaseJob, PurchaseResult>
  logger: Logger
}

/** A purchase that its worker lost is back in the queue after at most the sum of these two. */
const jobLockMs = 8_000
const stalledCheckMs = 4_000
/** Over BullMQ's default of 1 a job that stalled twice would fail without being run. */
const stalledCountMax = 25
/** Before BullMQ tries to finish a job again; its default of 15 s would be seen by the buyer. */
const finishRetryMs = 1_000

/** Takes purchases from every queue, with one BullMQ worker each. */
export const takePurchases = (options: TakePurchasesOptions): Worker<PurchaseJob, PurchaseResult>[] => {
  const { logger } = options
  return queueNames.map((name) => {
    const worker = new Worker<PurchaseJob, PurchaseResult>(name, options.processor, {
      connection: options.workerRedis,
      prefix: options.bullPrefix,
      name: options.workerName,
      concurrency: options.concurrency,
      lockDuration: jobLockMs,
      stalledInterval: stalledCheckMs,
      maxStalledCount: stalledCountMax,
      metrics: { maxDataPoints: MetricsTime.ONE_WEEK },
      runRetryDelay: finishRetryMs,
    })
    worker.on('error', (error) => logger.warn({ reason: error.message || error.name }, 'bullmq worker'))
    worker.on('failed', (job, error) => logger.error({ jobId: job?.id, err: error }, 'a job failed'))
    worker.on('stalled', (jobId) => logger.warn({ jobId }, 'a stalled job goes back to the queue'))
    return worker
  })
}
