import { openQueue } from '@flash-sale/shared/queue.ts'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { isolatedStores } from '../../../local/src/isolated-stores.ts'
import { oldestWaitMs } from './oldest-purchase.ts'

const stores = isolatedStores()
const redis = new Redis(stores.redisUrl, { connectionName: `${stores.keyPrefix}test` })
afterAll(() => redis.disconnect())

test('the oldest, wherever it waits', async () => {
  const queue = openQueue('purchases', redis, `${stores.keyPrefix}bull`)
  const nowMs = 1_700_000_100_000
  const look = () => oldestWaitMs(redis, [queue], nowMs)
  expect(await look()).toBeUndefined()

  const data = { productId: 1, customerId: 'c-1', quantity: 1 }
  for (const [jobId, waitedMs] of [
    ['a', 5_000],
    ['b', 3_000],
  ] as const)
    await queue.add('purchase', data, { jobId, timestamp: nowMs - waitedMs })
  expect(await look()).toBe(5_000)

  // As a worker takes it.
  await redis.rpoplpush(queue.toKey('wait'), queue.toKey('active'))
  expect(await look()).toBe(5_000)
  await redis.del(queue.toKey('active'))
  expect(await look()).toBe(3_000)
  await redis.del(queue.toKey('b'))
  expect(await look()).toBeUndefined()
  await queue.close()
})
