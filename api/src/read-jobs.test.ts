import { openQueue, type PurchaseJob, type PurchaseResult } from '@flash-sale/shared/queue.ts'
import { Job } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, expect, test, vi } from 'vitest'
import { isolatedStores } from '../../local/src/isolated-stores.ts'
import type { PurchaseBullJob } from './purchase-view.ts'
import { readJob } from './read-jobs.ts'

const stores = isolatedStores()
const redis = new Redis(stores.redisUrl, { connectionName: `${stores.keyPrefix}test` })
const queue = openQueue('purchases', redis, stores.keyPrefix)
afterAll(async () => {
  await queue.close()
  redis.disconnect()
})

const idOf = (n: number): string => `01890a5d-ac96-774b-bcce-b302099a8${String(n).padStart(3, '0')}`
const job: PurchaseJob = { productId: 1, customerId: 'c-"1"', quantity: 2 }
const add = (jobId: string) => queue.add('purchase', job, { jobId, timestamp: 1_700_000_000_000 })
const result = { outcome: 'confirmed', orderId: 7, settledAt: '2030-01-31T18:00:00.000Z' }

/** What is read of it. */
const shown = (each: PurchaseBullJob | undefined) => {
  if (!each) return undefined
  const { id, data, timestamp, processedOn, progress, finishedOn, failedReason, returnvalue } = each
  return { id, data, timestamp, processedOn, progress, finishedOn, failedReason, returnvalue }
}

/** A job in each of the states that a purchase goes through. */
const states: readonly (readonly [state: string, fields: Record<string, string | number>])[] = [
  ['waiting', {}],
  ['active', { processedOn: 1_700_000_000_100, ats: 1, pb: 'worker-1' }],
  ['with its progress', { processedOn: 1_700_000_000_100, progress: '{"status":"settling","since":"x"}' }],
  ['completed', { processedOn: 1, finishedOn: 1_700_000_000_200, returnvalue: JSON.stringify(result) }],
  ['failed', { finishedOn: 1_700_000_000_200, failedReason: 'a bug', stacktrace: '["at a"]', atm: 1 }],
]

test('reads what BullMQ reads, in whatever state, all of a turn in one call', async () => {
  const ids = states.map((_, n) => idOf(n))
  for (const [n, [, fields]] of states.entries()) {
    await add(idOf(n))
    if (Object.keys(fields).length > 0) await redis.hset(queue.toKey(idOf(n)), fields)
  }
  const all = [...ids, idOf(99), idOf(0)]
  const theirs = await Promise.all(all.map((jobId) => Job.fromId<PurchaseJob, PurchaseResult>(queue, jobId)))
  await readJob(redis, queue, idOf(0))
  const sent = vi.spyOn(redis, 'sendCommand')
  const ours = await Promise.all(all.map((jobId) => readJob(redis, queue, jobId)))
  expect(sent).toHaveBeenCalledTimes(1)
  sent.mockRestore()
  expect(ours.map(shown)).toEqual(theirs.map(shown))
  expect(ours.map((each) => each?.id)).toEqual([...ids, undefined, idOf(0)])
})

test('what is no job is told to who asked for it, and hides no other', async () => {
  await redis.set(queue.toKey(idOf(50)), 'no hash')
  await add(idOf(51))
  await redis.hset(queue.toKey(idOf(52)), 'data', '{')
  const read = await Promise.allSettled([50, 51, 52].map((n) => readJob(redis, queue, idOf(n))))
  expect(read.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
})

test('more than one call reads are read by several', async () => {
  const ids = Array.from({ length: 300 }, (_, n) => idOf(100 + n))
  await queue.addBulk(ids.slice(0, 200).map((jobId) => ({ name: 'purchase', data: job, opts: { jobId } })))
  const sent = vi.spyOn(redis, 'sendCommand')
  const read = await Promise.all(ids.map((jobId) => readJob(redis, queue, jobId)))
  expect(sent).toHaveBeenCalledTimes(3)
  sent.mockRestore()
  expect(read.map((each) => each?.id)).toEqual([...ids.slice(0, 200), ...Array(100).fill(undefined)])
})
