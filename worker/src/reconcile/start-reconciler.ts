import type { Logger } from '@flash-sale/shared/logger.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import { openQueue, queueNames, reconcilerQueueName } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { Queue, Worker } from 'bullmq'
import type { Batcher } from '../batcher.ts'
import type { WorkerEvents } from '../worker-events.ts'
import { type Reconciliation, reconcile } from './reconcile.ts'

export interface ReconcilerOptions {
  /** Fails instead of waiting (see `openCommandRedis`). */
  commandRedis: Redis
  /** Waits as long as it takes (see `openWorkerRedis`). */
  workerRedis: Redis
  bullPrefix: string
  workerName: string
  everyMs: number
  /** How long an active job must have been without a worker, ms. */
  abandonedMs: number
  database: Database
  batcher: Batcher
  /** Tells everybody what a purchase came to. */
  tell: (message: string) => void
  events: Pick<WorkerEvents, 'storedAlone'>
  logger: Logger
}

export interface Reconciler {
  worker: Worker<unknown, Reconciliation>
  /** What this process has done since it started. */
  totals: Reconciliation
  close(): Promise<void>
}

const schedulerId = 'reconcile'
const sum = (a: Reconciliation, b: Reconciliation): Reconciliation => ({
  found: a.found + b.found,
  settled: a.settled + b.settled,
  closed: a.closed + b.closed,
})

/** A Redis that lost its data has lost the schedule: each worker looks whether it is there. */
const scheduleCheckMs = 10_000

/**
 * Runs the reconciler on a schedule kept by BullMQ: one pass at a time among all workers, however many there are.
 * Needs no store to be up.
 */
export const startReconciler = (options: ReconcilerOptions): Reconciler => {
  const { logger, bullPrefix } = options
  const queue = new Queue(reconcilerQueueName, {
    connection: options.commandRedis,
    prefix: bullPrefix,
    skipWaitingForReady: true,
    skipVersionCheck: true,
  })
  queue.on('error', () => undefined)
  const purchaseQueues = queueNames.map((name) => openQueue(name, options.commandRedis, bullPrefix))
  const totals: Reconciliation = { found: 0, settled: 0, closed: 0 }

  const worker = new Worker<unknown, Reconciliation>(
    reconcilerQueueName,
    async () => {
      const passes = await Promise.all(
        purchaseQueues.map((purchases) => reconcile({ ...options, queue: purchases })),
      )
      const done = passes.reduce(sum)
      Object.assign(totals, sum(totals, done))
      if (done.found > 0) logger.warn({ ...done, totals }, 'reconciler: took care of purchases left behind')
      return done
    },
    {
      connection: options.workerRedis,
      prefix: bullPrefix,
      name: options.workerName,
      concurrency: 1,
      lockDuration: 10_000,
      stalledInterval: 5_000,
      maxStalledCount: 25,
    },
  )
  worker.on('error', (error) => logger.warn({ reason: error.message || error.name }, 'bullmq reconciler'))
  worker.on('failed', (_job, error) =>
    logger.warn({ reason: error.message }, 'reconciler: pass not finished, next one follows'),
  )

  const ensureSchedule = async (): Promise<void> => {
    const schedule = await queue.getJobScheduler(schedulerId)
    if (schedule?.every === options.everyMs) return
    await queue.upsertJobScheduler(
      schedulerId,
      { every: options.everyMs },
      { name: 'reconcile', opts: { removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } } },
    )
  }
  const attempt = (): void => {
    // Redis is away or busy: the next check is soon.
    ensureSchedule().catch(() => undefined)
  }
  options.commandRedis.on('ready', attempt)
  const timer = setInterval(attempt, scheduleCheckMs)

  return {
    worker,
    totals,
    close: async () => {
      clearInterval(timer)
      options.commandRedis.off('ready', attempt)
      await Promise.allSettled([queue, ...purchaseQueues].map((open) => open.close()))
    },
  }
}
