import { randomBytes } from 'node:crypto'
import type { Logger } from '@flash-sale/shared/logger.ts'
import { openOutcomeNews } from '@flash-sale/shared/outcome-news.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import { openProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import {
  closeRedis,
  openCommandRedis,
  openSubscriberRedis,
  openWorkerRedis,
} from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import type { Closer } from '@flash-sale/shared/shutdown.ts'
import { announceStock, type StockNews } from '@flash-sale/shared/stock-news.ts'
import { createBatcher } from './batcher.ts'
import { keepLivenessFile } from './liveness-file.ts'
import { lockScripts } from './lock/lock-scripts.ts'
import { createProductLock } from './lock/product-lock.ts'
import { openWakeCalls } from './lock/wake-calls.ts'
import { reportWorker } from './metrics/report-worker.ts'
import { createWorkerMetrics } from './metrics/worker-metrics.ts'
import { createProcessor } from './processor.ts'
import { startReconciler } from './reconcile/start-reconciler.ts'
import { stopWorkers } from './stop-workers.ts'
import { takePurchases } from './take-purchases.ts'
import { createTurns } from './turns.ts'
import { untilAnswered } from './until-answered.ts'
import { createProgressBudget } from './waiting-progress.ts'
import type { WorkerConfig } from './worker-config.ts'

/** Longest wait for Postgres: a little more than its own statement_timeout, so that it answers first. */
const databaseDeadlineMs = 6_000
const productFactsMs = 1_000

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)

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
  const queueRedis = openCommandRedis(redisSettings, 'reconciler')
  const subscriber = openSubscriberRedis(redisSettings)
  const workerRedis = openWorkerRedis(redisSettings)
  const database = openDatabase({
    url: config.DATABASE_URL,
    name: `flash-sale ${config.WORKER_NAME}`,
    connectionsMax: config.DATABASE_POOL_MAX,
    deadlineMs: databaseDeadlineMs,
  })

  const { events, registry, products, follow } = createWorkerMetrics()

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
  const announce = (news: StockNews): void => announceStock(lockRedis, keys.stockChannel, news)
  const tell = openOutcomeNews(lockRedis, keys.outcomeChannel, workerId)
  const batcher = createBatcher({
    lock,
    settler: { database, logger, raiseFloor: lock.raiseFloor, announce, events },
    catalog,
    tell,
    turns: createTurns(config.DATABASE_POOL_MAX),
    progress: createProgressBudget(),
    untilEnded: () => untilAnswered(workerRedis),
    events,
    logger,
    batchMax: config.BATCH_MAX,
    slots: config.WORKER_CONCURRENCY,
  })
  const processor = createProcessor({
    batcher,
    database,
    catalog,
    demoStrategies: config.DEMO_STRATEGIES,
    tell,
    events,
    logger,
  })

  const bull = { workerRedis, bullPrefix: keys.bullPrefix, workerName: config.WORKER_NAME, events, logger }
  const workers = takePurchases({ ...bull, concurrency: config.WORKER_CONCURRENCY, processor })
  const reconciler = startReconciler({
    ...bull,
    commandRedis: queueRedis,
    everyMs: config.RECONCILE_EVERY_MS,
    abandonedMs: config.RECONCILE_AFTER_MS,
    database,
    batcher,
    tell,
  })
  follow(() => ({
    ...lock.counters,
    inLine: lock.inLine(),
    waiting: sumOf(batcher.lines().map((line) => line.waiting)),
    settling: sumOf(batcher.lines().map((line) => line.settling)),
    reconciled: reconciler.totals,
    postgresCalls: database.callsUnderWay(),
    postgresConnectionsMax: database.connectionsMax,
  }))
  const reporter = reportWorker({
    redis: lockRedis,
    keys: keys.reports,
    workerName: config.WORKER_NAME,
    registry,
    lines: batcher.lines,
    products,
  })
  const stopLiveness = config.LIVENESS_FILE
    ? keepLivenessFile(config.LIVENESS_FILE, lockRedis)
    : () => undefined

  return [
    { what: 'liveness', close: async () => stopLiveness() },
    { what: 'workers', close: () => stopWorkers([...workers, reconciler.worker], batcher, workerRedis) },
    { what: 'reconciler', close: () => reconciler.close() },
    { what: 'last report', close: () => reporter.close() },
    { what: 'product facts', close: async () => catalog.close() },
    { what: 'postgres', close: () => database.close(1_000) },
    {
      what: 'redis',
      close: () => Promise.all([lockRedis, queueRedis, subscriber, workerRedis].map(closeRedis)),
    },
  ]
}
