import { randomBytes } from 'node:crypto'
import type { Logger } from '@flash-sale/shared/logger.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import { openProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import { type PurchaseJob, type PurchaseResult, queueNames } from '@flash-sale/shared/queue.ts'
import {
  closeRedis,
  openCommandRedis,
  openSubscriberRedis,
  openWorkerRedis,
} from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import type { Closer } from '@flash-sale/shared/shutdown.ts'
import { MetricsTime, Worker } from 'bullmq'
import { createBatcher } from './batcher.ts'
import { keepLivenessFile } from './liveness-file.ts'
import { lockScripts } from './lock/lock-scripts.ts'
import { createProductLock } from './lock/product-lock.ts'
import { openWakeCalls } from './lock/wake-calls.ts'
import { createProcessor } from './processor.ts'
import { stopWorkers } from './stop-workers.ts'
import type { WorkerConfig } from './worker-config.ts'

/** A purchase that its worker lost is back in the queue after at most `jobLockMs + stalledCheckMs`. */
const jobLockMs = 8_000
const stalledCheckMs = 4_000
/** Over BullMQ's default of 1 a job that stalled twice would fail without being run. */
const stalledCountMax = 25

/** Longest wait for Postgres: a little more than its own statement_timeout, so that it answers first. */
const databaseDeadlineMs = 6_000
const productFactsMs = 1_000

/**
 * Puts a worker together and starts it; needs neither store to be up.
 * @returns what has to be closed, in order.
 */
export const startWorker = (config: WorkerConfig, logger: Logger): Closer[] => {
  const keys = redisKeys(config.KEY_PREFIX)
  // A restarted worker has its predecessor's name, but must not be taken for the owner of its leases.
  const workerId = `${config.WORKER_NAME}-${randomBytes(4).toString('hex')}`
  const redisSettings = { url: config.REDIS_URL, keyPrefix: config.KEY_PREFIX, logger }
  const lockRedis = openCommandRedis(redisSettings, 'lock')
  const subscriber = openSubscriberRedis(redisSettings)
  const workerRedis = openWorkerRedis(redisSettings)
  const database = openDatabase({
    url: config.DATABASE_URL,
    name: `flash-sale ${config.WORKER_NAME}`,
    connectionsMax: config.DATABASE_POOL_MAX,
    deadlineMs: databaseDeadlineMs,
  })
  const catalog = openProductCatalog(database, { refreshMs: productFactsMs, logger })
  const lock = createProductLock({
    scripts: lockScripts(lockRedis),
    wakeCalls: openWakeCalls(subscriber, keys.wakeChannel(workerId)),
    keys,
    workerId,
    leaseMs: config.LOCK_LEASE_MS,
    waitMsMax: config.LOCK_WAIT_MS,
    logger,
  })
  const batcher = createBatcher({
    lock,
    settler: { database, logger, raiseFloor: lock.raiseFloor },
    catalog,
    logger,
    batchMax: config.BATCH_MAX,
  })
  const process = createProcessor({
    batcher,
    database,
    catalog,
    demoStrategies: config.DEMO_STRATEGIES,
    logger,
  })

  const workers = queueNames.map((name) => {
    const worker = new Worker<PurchaseJob, PurchaseResult>(name, process, {
      connection: workerRedis,
      prefix: keys.bullPrefix,
      name: config.WORKER_NAME,
      concurrency: config.WORKER_CONCURRENCY,
      lockDuration: jobLockMs,
      stalledInterval: stalledCheckMs,
      maxStalledCount: stalledCountMax,
      metrics: { maxDataPoints: MetricsTime.ONE_WEEK },
      runRetryDelay: 1_000,
    })
    worker.on('error', (error) => logger.warn({ reason: error.message || error.name }, 'bullmq worker'))
    worker.on('failed', (job, error) => logger.error({ jobId: job?.id, err: error }, 'a job failed'))
    worker.on('stalled', (jobId) => logger.warn({ jobId }, 'a stalled job goes back to the queue'))
    return worker
  })

  const stopLiveness = config.LIVENESS_FILE
    ? keepLivenessFile(config.LIVENESS_FILE, lockRedis)
    : () => undefined

  return [
    { what: 'liveness', close: async () => stopLiveness() },
    { what: 'workers', close: () => stopWorkers(workers, batcher) },
    { what: 'product facts', close: async () => catalog.close() },
    { what: 'postgres', close: () => database.close(1_000) },
    {
      what: 'redis',
      close: () => Promise.all([lockRedis, subscriber, workerRedis].map(closeRedis)),
    },
  ]
}
