import { once } from 'node:events'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { closeRedis, openCommandRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { readWorkerMetrics } from '@flash-sale/shared/worker-reports.ts'
import { Gauge } from 'prom-client'
import { afterAll, expect, test } from 'vitest'
import { reportWorker } from './report-worker.ts'
import { createWorkerMetrics } from './worker-metrics.ts'

const stores = isolatedStores()
const { reports } = redisKeys(stores.keyPrefix)
const logger = createLogger('test', 'silent')
const redis = openCommandRedis({ url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger }, 'report test')
afterAll(() => closeRedis(redis))

test('a figure that is no number costs none of the others', async () => {
  if (redis.status !== 'ready') await once(redis, 'ready')
  const { registry, events, products } = createWorkerMetrics()
  events.jobStalled()
  // As the lag of the event loop is when two looks follow each other at once.
  new Gauge({ name: 'mean_of_nothing', help: 'help', registers: [registry] }).set(Number.NaN)
  const reporter = reportWorker({
    redis,
    keys: reports,
    workerName: 'w',
    registry,
    lines: () => [],
    products,
  })
  await reporter.close()
  const [report] = await readWorkerMetrics(redis, reports)
  const valuesOf = (metric: string) => report?.metrics.find(({ name }) => name === metric)?.values
  expect(valuesOf('flash_sale_jobs_stalled_total')).toEqual([[1, {}]])
  expect(valuesOf('mean_of_nothing')).toEqual([])
})
