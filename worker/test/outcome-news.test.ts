/** What a worker tells: every purchase that gets its outcome, however that comes about. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { readOutcomes } from '@flash-sale/shared/outcome-news.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import { openQueue } from '@flash-sale/shared/queue.ts'
import { closeRedis, openCommandRedis, openSubscriberRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import type { Closer } from '@flash-sale/shared/shutdown.ts'
import { v7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorker } from '../src/start-worker.ts'
import { workerConfig } from '../src/worker-config.ts'

const stores = isolatedStores()
const logger = createLogger('test', 'silent')
const keys = redisKeys(stores.keyPrefix)
const settings = { url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger }
const producer = openCommandRedis(settings, 'producer')
const subscriber = openSubscriberRedis(settings)
const queue = openQueue('purchases', producer, keys.bullPrefix)
const database = openDatabase({
  url: stores.databaseUrl,
  name: 'test',
  connectionsMax: 2,
  deadlineMs: 10_000,
})
const views = new Map<string, PurchaseView | undefined>()
let closers: Closer[] = []
let productId = 0

beforeAll(async () => {
  await subscriber.subscribe(keys.outcomeChannel)
  subscriber.on('message', (_channel, message: string) => {
    readOutcomes(
      message,
      () => true,
      (jobId, view) => views.set(jobId, view),
    )
  })
  const [row] = await database.run(
    'creating a product',
    (sql) => sql<{ id: number }[]>`
      INSERT INTO products (name, stock, initial_stock, demo, think_ms) VALUES ('test', 3, 3, true, 1) RETURNING id`,
  )
  productId = row?.id ?? 0
  const config = workerConfig({
    DATABASE_URL: stores.databaseUrl,
    REDIS_URL: stores.redisUrl,
    KEY_PREFIX: stores.keyPrefix,
    WORKER_NAME: 'w-news',
    DEMO_STRATEGIES: 'true',
    RECONCILE_EVERY_MS: '200',
    RECONCILE_AFTER_MS: '1000',
  })
  closers = startWorker(config, logger)
})
afterAll(async () => {
  for (const { close } of closers) await close()
  await queue.close()
  await Promise.all([producer, subscriber].map(closeRedis))
  await database.close(1_000)
})

const buy = async (fields: Record<string, unknown> = {}, jobId = v7()): Promise<string> => {
  await queue.add('purchase', { productId, customerId: 'c', quantity: 1, ...fields }, { jobId })
  return jobId
}
const told = (jobId: string) =>
  expect.poll(() => views.has(jobId) && (views.get(jobId)?.status ?? 'look it up'), { timeout: 15_000 })

test('each outcome of a batch, with what the batch was', async () => {
  const jobIds: string[] = []
  for (let n = 0; n < 4; n += 1) jobIds.push(await buy({ customerId: `c-${n}` }))
  for (const jobId of jobIds.slice(0, 3)) await told(jobId).toBe('confirmed')
  await told(jobIds[3] ?? '').toBe('sold_out')
  const first = views.get(jobIds[0] ?? '')
  expect(first).toMatchObject({ productId, quantity: 1, settledAt: expect.stringMatching(/Z$/) })
  expect(first?.batchSize).toBeGreaterThan(0)
})

test('an outcome that was stored before', async () => {
  const jobId = v7()
  const accepted = new Date().toISOString()
  await database.run(
    'settling',
    (sql) => sql`SELECT * FROM settle_purchases(${productId}, 1000000, ${[jobId]}::uuid[], ${['c']}::text[],
                                                ${[1]}::int[], ${[accepted]}::timestamptz[])`,
  )
  await buy({}, jobId)
  await told(jobId).toBe('sold_out')
})

test('a naive purchase', async () => told(await buy({ strategy: 'naive' })).toBe('sold_out'))

test('one that can never be settled', async () => told(await buy({ customerId: '' })).toBe('look it up'))

test('one that the reconciler has closed', async () => {
  const jobId = v7()
  // What BullMQ does to a job that has stalled more often than it allows, here one that is no purchase.
  await producer
    .multi()
    .hset(`${keys.bullPrefix}:purchases:${jobId}`, { name: 'purchase', data: '{}' })
    .exec()
  await producer.zadd(`${keys.bullPrefix}:purchases:failed`, Date.now(), jobId)
  await producer.hset(`${keys.bullPrefix}:purchases:${jobId}`, {
    timestamp: Date.now(),
    failedReason: 'stalled',
  })
  await told(jobId).toBe('look it up')
})

test('a ticket, whatever it is, harms no purchase', async () =>
  told(await buy({ ticket: 'x' })).toBe('sold_out'))
