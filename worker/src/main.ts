/** `npm run worker`: settles purchases until it is told to stop. */
import { createLogger } from '@flash-sale/shared/logger.ts'
import { closeOnSignal, reportReady } from '@flash-sale/shared/shutdown.ts'
import { startOrExplain } from '@flash-sale/shared/start-or-explain.ts'
import { startWorker } from './start-worker.ts'
import { workerConfig } from './worker-config.ts'

const shutdownMsMax = 9_000

await startOrExplain('worker', async () => {
  const config = workerConfig()
  const logger = createLogger(config.WORKER_NAME, config.LOG_LEVEL)
  closeOnSignal(logger, shutdownMsMax, startWorker(config, logger))
  logger.info(
    { concurrency: config.WORKER_CONCURRENCY, batchMax: config.BATCH_MAX },
    'worker is taking purchases',
  )
  reportReady()
})
