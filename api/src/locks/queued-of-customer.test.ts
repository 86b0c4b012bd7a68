import { openQueue } from '@flash-sale/shared/queue.ts'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isolatedStores } from '../../../local/src/isolated-stores.ts'
import { type FindQueued, openQueuedOfCustomer } from './queued-of-customer.ts'

const stores = isolatedStores()
const redis = new Redis(stores.redisUrl, { connectionName: `${stores.keyPrefix}test` })
const queue = openQueue('purchases', redis, `${stores.keyPrefix}bull`)
const other = openQueue('others', redis, `${stores.keyPrefix}bull`)
afterAll(async () => {
  await Promise.all([queue.close(), other.close()])
  redis.disconnect()
})

const waiting = 1_200
const strange = 'c-"1\\"%[x]*'
let find: FindQueued

const job = (jobId: string, customerId: string, delay = 0) => ({
  ...{ name: 'purchase', data: { productId: 1, customerId, quantity: 1 } },
  opts: { jobId, ...(delay === 0 ? {} : { delay }) },
})

beforeAll(async () => {
  const jobs = Array.from({ length: waiting }, (_, n) => job(`job-${n}`, `c-${n}`))
  await queue.addBulk([...jobs, job('stepped-back', 'c-700', 60_000)])
  await other.addBulk([job('elsewhere', 'c-700'), job('strange', strange)])
  // Taken by a worker.
  await redis.lrem(queue.toKey('wait'), 1, 'job-3')
  await redis.lpush(queue.toKey('active'), 'job-3')
  find = openQueuedOfCustomer(redis, [queue, other])
})

test.each<[what: string, customerId: string, jobIds: string[]]>([
  ['waiting, delayed and in another queue', 'c-700', ['stepped-back', 'job-700', 'elsewhere']],
  ['with a worker', 'c-3', ['job-3']],
  ['the first and the last', 'c-0', ['job-0']],
  ['not whose name only begins so', 'c-70', ['job-70']],
  ['with a name that JSON and patterns write otherwise', strange, ['strange']],
  ['nobody', 'nobody', []],
])('finds %s', async (_what, customerId, jobIds) => {
  const length = waiting + 3
  expect(await find(customerId)).toEqual({ jobIds, more: false, lookedAt: length, length })
})

test('looks at so many, of the waiting ones at the newest', async () => {
  const length = waiting + 3
  const seen = { more: false, lookedAt: 600, length }
  expect(await find('c-1199', { jobsMax: 600 })).toEqual({ jobIds: ['job-1199'], ...seen })
  expect(await find('c-1', { jobsMax: 600 })).toEqual({ jobIds: [], ...seen })
})

test('finds so many, and says that there are more', async () => {
  expect(await find('c-700', { foundMax: 2 })).toMatchObject({
    jobIds: ['stepped-back', 'job-700'],
    more: true,
  })
})

test('begins with nothing when its time is over', async () => {
  expect(await find('c-1', { patienceMs: 0 })).toMatchObject({ jobIds: [], lookedAt: 0, length: waiting + 3 })
})

test('two at a time; the third is told that nothing was looked at', async () => {
  const [first, second, third] = await Promise.all([find('c-1'), find('c-2'), find('c-4')])
  expect([first.jobIds, second.jobIds]).toEqual([['job-1'], ['job-2']])
  expect(third).toEqual({ jobIds: [], more: false, lookedAt: 0 })
  expect((await find('c-4')).jobIds).toEqual(['job-4'])
})

test('Redis away: nothing was looked at', async () => {
  const away = new Redis(stores.redisUrl, { lazyConnect: true })
  expect(await openQueuedOfCustomer(away, [queue])('c-1')).toEqual({ jobIds: [], more: false, lookedAt: 0 })
})
