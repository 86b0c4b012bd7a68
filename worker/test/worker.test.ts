import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import {
  openQueue,
  type PurchaseJob,
  type PurchaseProgress,
  type PurchaseResult,
} from '@flash-sale/shared/queue.ts'
import { closeRedis, openCommandRedis, openWorkerRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import type { Closer } from '@flash-sale/shared/shutdown.ts'
import { type Job, QueueEvents } from 'bullmq'
import { v7 } from 'uuid'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import { startWorker } from '../src/start-worker.ts'
import { workerConfig } from '../src/worker-config.ts'
import { reportedCount } from './reported-count.ts'

const stores = isolatedStores()
const logger = createLogger('test', 'silent')
const keys = redisKeys(stores.keyPrefix)
const settings = { url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger }
const producer = openCommandRedis(settings, 'producer')
const eventsRedis = openWorkerRedis(settings)
const queue = openQueue('purchases', producer, keys.bullPrefix)
// Each job that is waited for listens whether its queue closes: BullMQ lets 10 do so before it warns of a leak.
queue.setMaxListeners(1_000)
const events = new QueueEvents('purchases', { connection: eventsRedis, prefix: keys.bullPrefix })
const database = openDatabase({
  url: stores.databaseUrl,
  name: 'worker test',
  connectionsMax: 2,
  deadlineMs: 10_000,
})
const running: Closer[][] = []

beforeAll(async () => {
  await events.waitUntilReady()
})

const stopAll = async (): Promise<void> => {
  for (const closers of running.splice(0)) for (const { close } of closers) await close()
}
afterEach(stopAll)
afterAll(async () => {
  await events.close()
  await queue.close()
  await Promise.all([producer, eventsRedis].map(closeRedis))
  await database.close(1_000)
})

/** What w1 has counted until it was stopped. */
const countedByW1 = async (metric: string, labels: Record<string, string> = {}) => {
  await stopAll()
  return reportedCount(producer, keys.reports, 'w1', metric, labels)
}

const start = (name: string, env: Record<string, string> = {}): Closer[] => {
  const config = workerConfig({
    DATABASE_URL: stores.databaseUrl,
    REDIS_URL: stores.redisUrl,
    KEY_PREFIX: stores.keyPrefix,
    WORKER_NAME: name,
    DEMO_STRATEGIES: 'true',
    ...env,
  })
  const closers = startWorker(config, logger)
  running.push(closers)
  return closers
}

const createProduct = async (
  stock: number,
  demo: { thinkMs?: number; batchMax?: number } = {},
): Promise<number> => {
  const [row] = await database.run(
    'creating a product',
    (sql) => sql<{ id: number }[]>`
      WITH product AS (
        INSERT INTO products (name, stock, initial_stock, demo, think_ms, batch_max)
        VALUES ('test', ${stock}, ${stock}, true, ${demo.thinkMs ?? 0}, ${demo.batchMax ?? null})
        RETURNING id, stock
      )
      INSERT INTO stock_movements (product_id, delta, reason)
      SELECT id, stock, 'initial' FROM product
      RETURNING product_id AS id`,
  )
  if (!row) throw new Error('no product')
  return row.id
}

type PurchaseJobOf = Job<PurchaseJob, PurchaseResult>

const buy = (productId: number, buyers: number, strategy?: 'naive'): Promise<PurchaseJobOf[]> =>
  queue.addBulk(
    Array.from({ length: buyers }, (_, buyer) => ({
      name: 'purchase',
      data: { productId, customerId: `c-${buyer}`, quantity: 1, ...(strategy ? { strategy } : {}) },
      opts: { jobId: v7() },
    })),
  )

const outcomes = async (jobs: readonly PurchaseJobOf[]): Promise<PurchaseResult[]> =>
  Promise.all(jobs.map((job) => job.waitUntilFinished(events, 15_000)))

const count = (results: readonly PurchaseResult[], outcome: string): number =>
  results.filter((result) => result.outcome === outcome).length

const ordersOf = async (productId: number) => {
  const [row] = await database.run(
    'counting orders',
    (sql) => sql<{ orders: number; stock: number }[]>`
      SELECT stock, (SELECT count(*)::integer FROM orders o WHERE o.product_id = p.id) AS orders
        FROM products p WHERE id = ${productId}`,
  )
  return row
}

describe('two workers', () => {
  it('sell exactly what there is to simultaneous buyers', async () => {
    start('w1')
    start('w2')
    const product = await createProduct(100)
    const results = await outcomes(await buy(product, 200))
    expect(count(results, 'confirmed')).toBe(100)
    expect(count(results, 'sold_out')).toBe(100)
    expect(await ordersOf(product)).toEqual({ stock: 0, orders: 100 })
    for (const result of results) {
      expect(result.fencingToken).toBeGreaterThan(0)
      expect(result.batchSize).toBeGreaterThan(0)
      expect(Math.min(result.queueWaitMs, result.lockWaitMs, result.settleMs)).toBeGreaterThanOrEqual(0)
    }
  })

  it('take one lock per purchase where the product says so, and show the line', async () => {
    start('w1')
    start('w2')
    const product = await createProduct(10, { thinkMs: 20, batchMax: 1 })
    const seen: PurchaseProgress[] = []
    events.on('progress', ({ data }) => seen.push(data as PurchaseProgress))
    const results = await outcomes(await buy(product, 40))
    events.removeAllListeners('progress')
    expect(count(results, 'confirmed')).toBe(10)
    expect(new Set(results.map((result) => result.batchSize))).toEqual(new Set([1]))
    expect(new Set(results.map((result) => result.fencingToken)).size).toBe(40)
    const waiting = seen.filter((progress) => progress.status === 'waiting_for_lock')
    expect(waiting.length).toBeGreaterThan(0)
    expect(Math.max(...waiting.map((progress) => progress.purchasesAhead))).toBeGreaterThan(5)
  })
})

describe('one worker', () => {
  it('batches what has gathered', async () => {
    start('w1')
    const product = await createProduct(5)
    const results = await outcomes(await buy(product, 100))
    expect(count(results, 'confirmed')).toBe(5)
    expect(Math.max(...results.map((result) => result.batchSize))).toBeGreaterThan(10)
  })

  it('sells first come, first served', async () => {
    const product = await createProduct(50)
    const jobs = await buy(product, 120)
    start('w1', { BATCH_MAX: '7' })
    const results = await outcomes(jobs)
    expect(results.map((result) => result.outcome)).toEqual(
      jobs.map((_, index) => (index < 50 ? 'confirmed' : 'sold_out')),
    )
  })

  it('oversells with the naive strategy', async () => {
    start('w1')
    const product = await createProduct(10, { thinkMs: 50 })
    const results = await outcomes(await buy(product, 40, 'naive'))
    expect(count(results, 'confirmed')).toBe(40)
    const state = await ordersOf(product)
    expect(state?.orders).toBe(40)
    expect(state?.stock).toBeGreaterThanOrEqual(0)
  })

  it('closes a purchase that can never be settled as failed, and serves the others', async () => {
    start('w1')
    const product = await createProduct(5)
    const bad = await queue.add(
      'purchase',
      { productId: product, customerId: '', quantity: 1 },
      { jobId: v7() },
    )
    const results = await outcomes([bad, ...(await buy(product, 3))])
    expect(results.map((result) => result.outcome)).toEqual(['failed', 'confirmed', 'confirmed', 'confirmed'])
    const stored = await database.run(
      'reading',
      (sql) => sql`SELECT outcome FROM purchases WHERE id = ${bad.id ?? ''}`,
    )
    expect(stored).toEqual([{ outcome: 'failed' }])
  })

  it('refuses a job whose id is no UUID', async () => {
    start('w1')
    const job = await queue.add(
      'purchase',
      { productId: 1, customerId: 'c', quantity: 1 },
      { jobId: 'wait-for-me' },
    )
    await expect(job.waitUntilFinished(events, 15_000)).rejects.toThrow('expected a UUID as job id')
    expect(await countedByW1('flash_sale_jobs_failed_total')).toBe(1)
  })

  it('hands back what it has not begun when it is stopped, in the old order', async () => {
    const product = await createProduct(1_000, { thinkMs: 400, batchMax: 1 })
    const jobs = await buy(product, 30)
    start('w1')
    await jobs[0]?.waitUntilFinished(events, 15_000)
    await stopAll()
    const left = await queue.getWaiting()
    expect(left.length).toBeGreaterThan(5)
    expect(await queue.getActiveCount()).toBe(0)
    expect(await countedByW1('flash_sale_purchases_handed_back_total')).toBe(left.length)
    const order = new Map(jobs.map((job, index) => [job.id, index]))
    const places = left.map((job) => order.get(job.id) ?? -1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    await database.run('ending the wait', (sql) => sql`UPDATE products SET think_ms = 0, batch_max = NULL`)
    start('w2')
    const results = await outcomes(jobs)
    expect(count(results, 'confirmed')).toBe(30)
    expect(await ordersOf(product)).toEqual({ stock: 970, orders: 30 })
  })
})

describe('the reconciler', () => {
  const reconciling = { RECONCILE_EVERY_MS: '200', RECONCILE_AFTER_MS: '1000' }

  const outcomeOf = async (id: string | undefined): Promise<string | undefined> => {
    const [row] = await database.run(
      'reading an outcome',
      (sql) => sql<{ outcome: string }[]>`SELECT outcome FROM purchases WHERE id = ${id ?? ''}`,
    )
    return row?.outcome
  }

  const reconciledByW1 = async (): Promise<Record<string, number | undefined>> => {
    const metric = 'flash_sale_reconciler_actions_total'
    return {
      found: await countedByW1(metric, { action: 'found' }),
      settled: await countedByW1(metric, { action: 'settled' }),
      closed: await countedByW1(metric, { action: 'closed' }),
    }
  }

  /** What BullMQ does to a job that has stalled more often than it allows. */
  const failUnrun = async (productId: number, customerId: string): Promise<PurchaseJobOf> => {
    const job = await queue.add('purchase', { productId, customerId, quantity: 1 }, { jobId: v7() })
    await producer.hset(
      `${keys.bullPrefix}:purchases:${job.id}`,
      'defa',
      'job stalled more than allowable limit',
    )
    return job
  }

  it('settles a purchase whose job has failed', async () => {
    const product = await createProduct(5)
    const job = await failUnrun(product, 'c-1')
    start('w1', reconciling)
    await expect.poll(() => outcomeOf(job.id), { timeout: 15_000 }).toBe('confirmed')
    expect(await ordersOf(product)).toEqual({ stock: 4, orders: 1 })
    expect(await reconciledByW1()).toEqual({ found: 1, settled: 1, closed: 0 })
  })

  it('closes a failed purchase that can never be settled', async () => {
    const product = await createProduct(5)
    const job = await failUnrun(product, '')
    start('w1', reconciling)
    await expect.poll(() => outcomeOf(job.id), { timeout: 15_000 }).toBe('failed')
    expect(await ordersOf(product)).toEqual({ stock: 5, orders: 0 })
    expect(await reconciledByW1()).toEqual({ found: 1, settled: 0, closed: 1 })
  })

  it('settles a purchase that is active without a worker', async () => {
    const product = await createProduct(5)
    const job = await queue.add(
      'purchase',
      { productId: product, customerId: 'c', quantity: 1 },
      { jobId: v7() },
    )
    const bull = `${keys.bullPrefix}:purchases`
    // As a worker that was killed leaves it, when nobody looks for stalled jobs.
    await producer
      .multi()
      .lrem(`${bull}:wait`, 1, job.id ?? '')
      .lpush(`${bull}:active`, job.id ?? '')
      .exec()
    await producer.set(`${bull}:stalled-check`, 'held', 'PX', 60_000)
    start('w1', reconciling)
    await expect.poll(() => outcomeOf(job.id), { timeout: 15_000 }).toBe('confirmed')
    await producer.del(`${bull}:stalled-check`)
    expect(await reconciledByW1()).toEqual({ found: 1, settled: 1, closed: 0 })
  })
})

describe('a product that is stuck', () => {
  it('does not keep another one from being served', async () => {
    const stuck = await createProduct(5_000)
    const other = await createProduct(10)
    const lock = keys.lock(stuck).lock
    await producer.hset(lock, { owner: 'frozen:1', token: '1', purchases: '1' })
    const stuckJobs = await buy(stuck, 300)
    start('w1', { WORKER_CONCURRENCY: '50', LOCK_WAIT_MS: '100' })
    await expect.poll(() => queue.getDelayedCount(), { timeout: 15_000 }).toBeGreaterThan(100)
    const served = await outcomes(await buy(other, 20))
    expect(count(served, 'confirmed')).toBe(10)
    expect(await ordersOf(stuck)).toEqual({ stock: 5_000, orders: 0 })
    await producer.del(lock)
    expect(count(await outcomes(stuckJobs), 'confirmed')).toBe(300)
    expect(await countedByW1('flash_sale_purchases_stepped_back_total')).toBeGreaterThan(100)
    expect(await countedByW1('flash_sale_long_lock_waits_total')).toBeGreaterThanOrEqual(1)
  })
})

test('calls that wait for Postgres are seen beside the size of the pool', async () => {
  const poolOf = (name: 'calls' | 'connections_max') =>
    reportedCount(producer, keys.reports, 'w-pool', `flash_sale_worker_postgres_${name}`)
  const products = await Promise.all([createProduct(5), createProduct(5), createProduct(5)])
  let letGo = (): void => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const rowsLocked = database.run('locking rows', (sql) =>
    sql.begin(async (session) => {
      await session`SELECT id FROM products WHERE id = ANY(${products}::integer[]) ORDER BY id FOR UPDATE`
      start('w-pool', { DATABASE_POOL_MAX: '2' })
      await held
    }),
  )
  const jobs = (await Promise.all(products.map((product) => buy(product, 1)))).flat()
  // Two settle, as many as there are connections: the third has to wait for its turn.
  await expect.poll(() => poolOf('calls'), { timeout: 8_000 }).toBe(2)
  expect(await poolOf('connections_max')).toBe(2)
  letGo()
  await rowsLocked
  expect(count(await outcomes(jobs), 'confirmed')).toBe(3)
  await stopAll()
  expect(await poolOf('calls')).toBe(0)
})
