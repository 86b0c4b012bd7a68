import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { closeRedis, openCommandRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { pino } from 'pino'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { type WatchedQueue, watchQueueLoad } from '../src/queue-load.ts'
import { shareSpeed } from '../src/shared-speed.ts'

const stores = isolatedStores()
const logger = pino({ level: 'silent' })
const redis = openCommandRedis({ url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger }, 'api')
afterAll(() => closeRedis(redis))

const { queueSpeed } = redisKeys(stores.keyPrefix)
const patient = { timeout: 20_000 }

/** A long queue of which this process sees that it drains at this speed. */
const queueDraining = (perS: number): WatchedQueue => {
  const beganAtMs = performance.now()
  const settled = (): number => Math.floor(((performance.now() - beganAtMs) * perS) / 1_000)
  return {
    getJobCounts: async () => ({ waiting: 1_000_000 - settled(), active: 0, delayed: 0 }),
    getMetrics: async () => ({ meta: { count: settled(), prevTS: 0, prevCount: 0 }, data: [], count: 0 }),
  }
}

/** A process of its own, as far as the speed is concerned. */
const process = (perS: number) => {
  const load = watchQueueLoad([queueDraining(perS)], shareSpeed(redis, queueSpeed))
  onTestFinished(load.close)
  return load
}

test('processes that measure differently show one speed; another measures when that one has gone', async () => {
  await expect.poll(() => redis.ping()).toBe('PONG')
  const [slow, fast] = [process(1_000), process(3_000)]
  const isOne = (): boolean => slow.drainPerS() > 0 && slow.drainPerS() === fast.drainPerS()
  await expect.poll(isOne, patient).toBe(true)
  const slowTells = fast.drainPerS() < 2_000
  const [teller, other] = slowTells ? [slow, fast] : [fast, slow]
  teller.close()
  await expect.poll(() => other.drainPerS() < 2_000, patient).toBe(!slowTells)
})

test.each(['', 'nonsense', 'x y', 'x 1 2 3', 'x 1 2 3 -1', 'x 1 2 3 Infinity', 'x 1 2 3 4 5', 'x'])(
  '%j is no speed',
  async (stored) => {
    await expect.poll(() => redis.set(queueSpeed, stored)).toBe('OK')
    expect(await shareSpeed(redis, queueSpeed).told()).toBeUndefined()
  },
)

test('what one tells, others are told, and forget', async () => {
  await expect.poll(() => redis.del(queueSpeed)).toBeGreaterThanOrEqual(0)
  const [one, other] = [shareSpeed(redis, queueSpeed), shareSpeed(redis, queueSpeed)]
  const pace = { fromPerS: 1_234.5, fromSettled: 6_000.25, toPerS: 1_100, toSettled: 7_000 }
  one.tell(pace)
  expect(await other.told()).toEqual(pace)
  expect(await one.told()).toBeUndefined()
  expect(await redis.pttl(queueSpeed)).toBeGreaterThan(0)
})
