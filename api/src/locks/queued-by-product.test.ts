import { openQueue } from '@flash-sale/shared/queue.ts'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { isolatedStores } from '../../../local/src/isolated-stores.ts'
import { queuedByProduct } from './queued-by-product.ts'

const stores = isolatedStores()
const redis = new Redis(stores.redisUrl, { connectionName: `${stores.keyPrefix}test` })
afterAll(() => redis.disconnect())

let queues = 0
const queueWith = async (productIds: readonly number[]) => {
  queues += 1
  const queue = openQueue('purchases', redis, `${stores.keyPrefix}${queues}`)
  const jobs = productIds.map((productId, n) => ({
    name: 'purchase',
    data: { productId, customerId: `c-${n}`, quantity: 1 },
    opts: { jobId: `job-${n}` },
  }))
  if (jobs.length > 0) await queue.addBulk(jobs)
  return queue
}

test('up to 200 are counted, whatever else somebody put there', async () => {
  const queue = await queueWith(Array.from({ length: 190 }, (_, n) => (n < 150 ? 1 : 2)))
  await redis.rpush(queue.toKey('wait'), 'no job', 'nonsense')
  await redis.hset(queue.toKey('nonsense'), 'data', '{')
  expect(await queuedByProduct(redis, [queue])).toEqual(
    new Map([
      [1, 150],
      [2, 40],
    ]),
  )
  await queue.close()
})

test('more are estimated from places spread over the whole line', async () => {
  // The first half is of one product, the second of two others in turn.
  const queue = await queueWith(Array.from({ length: 2_000 }, (_, n) => (n < 1_000 ? 1 : 2 + (n % 2))))
  const counts = await queuedByProduct(redis, [queue])
  expect(counts).toEqual(
    new Map([
      [1, 1_000],
      [2, 500],
      [3, 500],
    ]),
  )
  await queue.close()
})

test('several queues together; an empty one says nothing', async () => {
  const [a, b, empty] = [await queueWith([1, 2]), await queueWith([2]), await queueWith([])]
  expect(await queuedByProduct(redis, [a, b, empty])).toEqual(
    new Map([
      [1, 1],
      [2, 2],
    ]),
  )
  await Promise.all([a.close(), b.close(), empty.close()])
})
