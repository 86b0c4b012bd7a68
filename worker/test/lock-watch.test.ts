/** What people see of real locks and real workers. */
import { once } from 'node:events'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { openLockStates } from '@flash-sale/shared/lock-state.ts'
import { openLockWatch } from '@flash-sale/shared/lock-watch.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import { openQueue } from '@flash-sale/shared/queue.ts'
import { closeRedis, openCommandRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { readWorkerMetrics } from '@flash-sale/shared/worker-reports.ts'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { lockScripts } from '../src/lock/lock-scripts.ts'
import { startWorker } from '../src/start-worker.ts'
import { workerConfig } from '../src/worker-config.ts'

const stores = isolatedStores()
const keys = redisKeys(stores.keyPrefix)
const logger = createLogger('test', 'silent')
const redis = openCommandRedis({ url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger }, 'watch')
const queue = openQueue('purchases', redis, keys.bullPrefix)
const database = openDatabase({
  url: stores.databaseUrl,
  name: 'lock watch test',
  connectionsMax: 1,
  deadlineMs: 10_000,
})
const scripts = lockScripts(redis)

beforeAll(async () => {
  if (redis.status !== 'ready') await once(redis, 'ready')
})
afterAll(async () => {
  await queue.close()
  await closeRedis(redis)
  await database.close(1_000)
})

const ask = (productId: number, waiter: string, purchases: number, leaseMs = 20_000) =>
  scripts.acquire(keys.lock(productId), {
    waiter,
    leaseMs,
    tokenFloor: 0,
    silentMsMax: 60_000,
    purchases,
    left: 0,
  })

describe('the state of a lock', () => {
  const locks = openLockStates(redis, keys)

  it('is free, held, waited for, and free again', async () => {
    expect(await locks.read([7])).toEqual([{ productId: 7, waiters: [], waitersInLine: 0 }])
    await ask(7, 'worker-a-01:1', 40)
    await ask(7, 'worker-b-02:9', 30)
    await ask(7, 'worker-c-03:2', 20)
    const [state] = await locks.read([7])
    expect(state).toMatchObject({
      productId: 7,
      holder: { worker: 'worker-a-01', purchases: 40, fencingToken: 1 },
      waiters: [
        { worker: 'worker-b-02', purchases: 30 },
        { worker: 'worker-c-03', purchases: 20 },
      ],
      waitersInLine: 2,
    })
    expect(state?.holder?.leaseLeftMs).toBeGreaterThan(10_000)
    expect(state?.holder?.leaseLeftMs).toBeLessThanOrEqual(20_000)

    // The wait counts from the first look at the lock, not from the last.
    const { sizes } = keys.lock(7)
    await redis.hincrby(sizes, 'since:worker-b-02:9', -5_000)
    await ask(7, 'worker-b-02:9', 31)
    const [again] = await locks.read([7])
    expect(again?.waiters[0]).toMatchObject({ worker: 'worker-b-02', purchases: 31 })
    expect(again?.waiters[0]?.waitedMs).toBeGreaterThanOrEqual(5_000)

    for (const waiter of ['worker-a-01:1', 'worker-b-02:9'])
      await scripts.release(keys.lock(7), waiter, 'none:')
    expect((await ask(7, 'worker-c-03:2', 20)).kind).toBe('granted')
    await scripts.release(keys.lock(7), 'worker-c-03:2', 'none:')
    expect(await locks.read([7])).toEqual([{ productId: 7, waiters: [], waitersInLine: 0 }])
    expect(await redis.exists(sizes)).toBe(0)
  })

  it('looks at many at once, in the order asked for, and lists 50 waiters each', async () => {
    await ask(21, 'holder:1', 1)
    for (let waiter = 0; waiter < 60; waiter += 1) await ask(21, `w${waiter}:1`, 1)
    const states = await locks.read([22, 21])
    expect(states.map(({ productId }) => productId)).toEqual([22, 21])
    expect(states[1]?.waiters).toHaveLength(50)
    expect(states[1]?.waitersInLine).toBe(60)
    await redis.unlink(...Object.values(keys.lock(21)))
    expect(await locks.read([])).toEqual([])
  })
})

test('a product whose lock does not move is found by the workers that wait', async () => {
  const [product] = await database.run(
    'creating a product',
    (sql) => sql<{ id: number }[]>`
      INSERT INTO products (name, stock, initial_stock) VALUES ('stuck', 50, 50) RETURNING id`,
  )
  const productId = product?.id ?? 0
  const lines: Record<string, unknown>[] = []
  const recording = Object.assign(createLogger('test', 'silent'), {
    debug: (fields: object, msg: string) => void lines.push({ ...fields, msg }),
  })
  await ask(productId, 'frozen-77:1', 3)
  const closers = startWorker(
    workerConfig({
      DATABASE_URL: stores.databaseUrl,
      REDIS_URL: stores.redisUrl,
      KEY_PREFIX: stores.keyPrefix,
      WORKER_NAME: 'watched',
    }),
    recording,
  )
  const watch = openLockWatch(redis, keys)
  const metricOf = async (name: string): Promise<number | undefined> => {
    const [report] = await readWorkerMetrics(redis, keys.reports)
    return report?.metrics.find((metric) => metric.name === name)?.values[0]?.[0]
  }
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    for (const closer of closers) await closer.close()
  }
  try {
    const jobs = await queue.addBulk(
      Array.from({ length: 30 }, (_, buyer) => ({
        name: 'purchase',
        data: { productId, customerId: `c-${buyer}`, quantity: 1 },
        opts: { jobId: v7() },
      })),
    )
    await expect
      .poll(async () => (await watch.look()).products, { timeout: 10_000 })
      .toMatchObject([
        {
          productId,
          waitingPurchases: 30,
          holder: { worker: 'frozen-77', purchases: 3 },
          waiters: [{ worker: expect.stringMatching(/^watched-[0-9a-f]{8}$/) }],
          settled: 0,
        },
      ])
    await expect.poll(() => metricOf('flash_sale_lock_waiters'), { timeout: 10_000 }).toBe(1)
    expect(await metricOf('flash_sale_lock_waiting_purchases')).toBe(30)

    // Long enough to be worth a line in each job's log: the worker notes waits of a second.
    const [state] = await openLockStates(redis, keys).read([productId])
    const sinceMs = state?.waiters[0]?.waitedMs ?? 0
    await expect
      .poll(async () => (await openLockStates(redis, keys).read([productId]))[0]?.waiters[0]?.waitedMs, {
        timeout: 10_000,
      })
      .toBeGreaterThan(Math.max(1_200, sinceMs))
    await scripts.release(keys.lock(productId), 'frozen-77:1', keys.wakeChannel(''))
    await expect.poll(() => queue.getCompletedCount(), { timeout: 10_000 }).toBe(30)
    // A sample of 20: in a jam every purchase waits long.
    const logs = await Promise.all(jobs.map(({ id }) => queue.getJobLogs(id ?? '')))
    const notes = logs.flatMap(({ logs: notesOfJob }) => notesOfJob)
    expect(notes).toHaveLength(20)
    expect(notes[0]).toMatch(/^waited \d+ ms for the lock: settled with fencing token 2 in a batch of 30$/)

    const [row] = await database.run(
      'reading the token',
      (sql) => sql<{ fencing_token: string }[]>`SELECT DISTINCT fencing_token FROM purchases`,
    )
    expect(lines.find(({ msg }) => msg === 'batch settled')).toMatchObject({
      batchId: `${productId}:${row?.fencing_token}`,
      productId,
      batchSize: 30,
    })
    // The last report is written when everything is counted, and outlives its worker.
    await close()
    expect(await metricOf('flash_sale_purchases_settled_total')).toBe(30)
    expect(await redis.pttl(keys.reports.metrics('watched'))).toBeGreaterThan(20_000)
    const { products, outcomes } = await watch.look()
    expect(products).toMatchObject([{ productId, waitingPurchases: 0, settled: 30, batches: 1 }])
    // Each purchase counts with its own wait.
    expect(products[0]?.lockWaitMsP50).toBeGreaterThan(1_200)
    expect(outcomes.get(productId)).toMatchObject({ confirmed: 30, sold_out: 0 })
  } finally {
    await close()
    await redis.unlink(...Object.values(keys.lock(productId)))
  }
})
