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

/**
 * BullMQ workers per queue. One of them fetches its jobs one after the other and begins with none before it has as many
 * as it may hold: at a concurrency of 1000 a burst waited for 1000 round trips, each with an fsync. Measured with 2
 * processes, 4,000 buyers at once, `appendfsync always`, medians of 2: one lane settled 790/s with a queue wait of
 * 3.0 s (p50), 4 lanes 1,640/s and 480 ms, 8 lanes 2,050/s and 22 ms, 16 lanes 1,220/s and 5 ms.
 */
const lanesMax = 8
const laneJobsMin = 50

/** Takes purchases from every queue. All lanes feed the same processor, hence the same waiting lines. */
export const takePurchases = (options: TakePurchasesOptions): Worker<PurchaseJob, PurchaseResult>[] => {
  const { logger } = options
  const lanes = Math.max(1, Math.min(lanesMax, Math.floor(options.concurrency / laneJobsMin)))
  const laneNames = queueNames.flatMap((name) => Array.from({ length: lanes }, () => name))
  return laneNames.map((name) => {
    const worker = new Worker<PurchaseJob, PurchaseResult>(name, options.processor, {
      connection: options.workerRedis,
      prefix: options.bullPrefix,
      name: options.workerName,
      concurrency: Math.ceil(options.concurrency / lanes),
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
