import type { Logger } from '@flash-sale/shared/logger.ts'
import {
  type PurchaseJob,
  type PurchaseResult,
  purchaseJobRetention,
  queueNames,
} from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { type Job, MetricsTime, Worker, type WorkerOptions } from 'bullmq'
import { BatchFault } from './batch-fault.ts'
import { type GatheringWorkerOptions, gatheringBackend } from './jobs/gathering-backend.ts'
import type { WorkerEvents } from './worker-events.ts'

export type PurchaseProcessor = (
  job: Job<PurchaseJob, PurchaseResult>,
  token?: string,
) => Promise<PurchaseResult>

export interface TakePurchasesOptions {
  workerRedis: Redis
  bullPrefix: string
  workerName: string
  /** Jobs held at a time. */
  concurrency: number
  processor: PurchaseProcessor
  events: Pick<WorkerEvents, 'jobFailed' | 'jobStalled'>
  logger: Logger
}

/** A purchase that its worker lost is back in the queue after at most the sum of these two. */
const jobLockMs = 8_000
const stalledCheckMs = 4_000
/** Over BullMQ's default of 1 a job that stalled twice would fail without being run. */
const stalledCountMax = 25
/** Before BullMQ tries to finish a job again; its default of 15 s would be seen by the buyer. */
const finishRetryMs = 1_000

/** What every BullMQ worker of purchases has in common; the benchmark's empty worker has the same. */
export const purchaseWorkerOptions = {
  ...purchaseJobRetention,
  lockDuration: jobLockMs,
  stalledInterval: stalledCheckMs,
  maxStalledCount: stalledCountMax,
  metrics: { maxDataPoints: MetricsTime.ONE_WEEK },
  runRetryDelay: finishRetryMs,
} satisfies Partial<WorkerOptions>

/** BullMQ workers per queue; each fetches its jobs one after the other, so they fetch side by side. */
const lanesMax = 8
const laneJobsMin = 50
const adjustEveryMs = 100

/**
 * Makes a BullMQ worker begin with each job as soon as it has fetched it. By itself it first fetches as many as it may
 * hold, one round trip after the other, and begins with none before: at a concurrency of 1000 a burst waited for 1000
 * round trips, and jobs fetched early were overtaken by those of other lanes. So it may hold one more than it works on.
 * The permission shrinks with the work once the queue is empty, and not before: a worker that finishes many jobs together
 * fetches the next ones in the same calls only as long as it may hold them. While there is a backlog it grows to the whole,
 * by one with each job that begins: with many products a batch is what this worker holds of one of them. Growing by 25 at a
 * time settled no more, and on a busy machine three runs of six sold to later buyers first (2026-11-26, 100 products).
 *
 * Measured with 2 processes, 4,000 buyers at once, `appendfsync always`, without growing, medians of 2: one lane settled
 * 790/s with a queue wait of 3.0 s (p50), 4 lanes 1,640/s and 480 ms, 8 lanes 2,050/s and 22 ms, 16 lanes 1,220/s and 5 ms.
 */
const growing = (processor: PurchaseProcessor, max: number) => {
  let active = 0
  let drained = true
  let worker: Worker<PurchaseJob, PurchaseResult> | undefined
  const hold = (jobs: number): void => {
    if (worker) worker.concurrency = Math.min(max, Math.max(1, jobs))
  }
  const process: PurchaseProcessor = async (job, token) => {
    active += 1
    drained = false
    if (worker && worker.concurrency <= active) hold(active + 1)
    try {
      return await processor(job, token)
    } finally {
      active -= 1
    }
  }
  const follow = (started: Worker<PurchaseJob, PurchaseResult>): void => {
    worker = started
    started.on('drained', () => {
      drained = true
    })
    const timer = setInterval(() => {
      if (drained) hold(active + 1)
    }, adjustEveryMs)
    started.on('closing', () => clearInterval(timer))
  }
  return { process, follow }
}

/** Takes purchases from every queue. All lanes feed the same processor, hence the same waiting lines. */
export const takePurchases = (options: TakePurchasesOptions): Worker<PurchaseJob, PurchaseResult>[] => {
  const { events, logger } = options
  const lanes = Math.max(1, Math.min(lanesMax, Math.floor(options.concurrency / laneJobsMin)))
  const backend = gatheringBackend(options.workerRedis)
  const laneNames = queueNames.flatMap((name) => Array.from({ length: lanes }, () => name))
  return laneNames.map((name) => {
    const lane = growing(options.processor, Math.ceil(options.concurrency / lanes))
    const worker = new Worker<PurchaseJob, PurchaseResult>(
      name,
      lane.process,
      {
        connection: options.workerRedis,
        prefix: options.bullPrefix,
        name: options.workerName,
        concurrency: 1,
        ...purchaseWorkerOptions,
      } satisfies GatheringWorkerOptions,
      backend,
    )
    lane.follow(worker)
    worker.on('error', (error) => logger.warn({ reason: error.message || error.name }, 'bullmq worker'))
    worker.on('failed', (job, error) => {
      events.jobFailed()
      const batch = error instanceof BatchFault ? { batchId: error.batchId } : {}
      logger.error({ jobId: job?.id, ...batch, err: error }, 'a job failed')
    })
    worker.on('stalled', (jobId) => {
      events.jobStalled()
      logger.warn({ jobId }, 'a stalled job goes back to the queue')
    })
    return worker
  })
}
