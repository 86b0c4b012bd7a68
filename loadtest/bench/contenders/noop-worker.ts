/**
 * Contender d: one BullMQ worker with the settings of the engine's, with a processor that does nothing: what the queue moves
 * with BullMQ's own calls, one for each job.
 */
import { Worker } from 'bullmq'
import { createLogger } from '../../../shared/src/logger.ts'
import { queueNames } from '../../../shared/src/queue.ts'
import { openWorkerRedis } from '../../../shared/src/redis.ts'
import { redisKeys } from '../../../shared/src/redis-keys.ts'
import { closeOnSignal, reportReady } from '../../../shared/src/shutdown.ts'
import { purchaseWorkerOptions } from '../../../worker/src/take-purchases.ts'
import { contenderConfig } from './config.ts'
import { nothing } from './nothing.ts'

const config = contenderConfig()
const logger = createLogger('noop', 'warn')
const connection = openWorkerRedis({ url: config.REDIS_URL, keyPrefix: '', logger })
const workers = queueNames.map(
  (name) =>
    new Worker(name, async () => nothing, {
      connection,
      prefix: redisKeys('').bullPrefix,
      name: config.WORKER_NAME,
      concurrency: config.WORKER_CONCURRENCY,
      ...purchaseWorkerOptions,
    }),
)
closeOnSignal(logger, 8_000, [
  { what: 'workers', close: () => Promise.all(workers.map((worker) => worker.close())) },
  { what: 'redis', close: async () => connection.disconnect() },
])
await Promise.all(workers.map((worker) => worker.waitUntilReady()))
reportReady()
