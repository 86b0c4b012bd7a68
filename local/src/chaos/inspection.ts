import { createLogger } from '@flash-sale/shared/logger.ts'
import { type Database, openDatabase } from '@flash-sale/shared/postgres.ts'
import { openQueue, queueNames } from '@flash-sale/shared/queue.ts'
import { closeRedis, openCommandRedis, type Redis } from '@flash-sale/shared/redis.ts'
import { type LockKeys, type ReportKeys, redisKeys } from '@flash-sale/shared/redis-keys.ts'

/** A stored purchase with its order. */
export interface StoredPurchase {
  id: string
  customerId: string
  quantity: number
  outcome: string
  orderId: string | null
}

/** The stores as they are, seen past all links. Every look throws while its store is away. */
export interface Inspection {
  readonly database: Database
  readonly redis: Redis
  readonly queue: ReturnType<typeof openQueue>
  lockKeys(productId: number): LockKeys
  readonly reportKeys: ReportKeys
  /** How many purchases of a product have their outcome. */
  settled(productId: number): Promise<number>
  purchases(productId: number): Promise<StoredPurchase[]>
  /** The largest fencing token that has settled a product. */
  lastToken(productId: number): Promise<number>
  /** Jobs that wait for their end, whatever they wait for. */
  pendingJobs(): Promise<number>
  /** Purchases whose job has failed. */
  failedJobs(): Promise<string[]>
  /** All that the queue holds, finished ones too. */
  jobIds(): Promise<string[]>
  /** Who holds the lock of a product: another one with every lease. */
  lockOwner(productId: number): Promise<string | undefined>
  /** Who waits for it, foremost first. */
  lockLine(productId: number): Promise<string[]>
  close(): Promise<void>
}

/**
 * The worker of an owner or waiter of a lock; those are named `<worker>-<random>:<number>`
 * (worker/src/start-worker.ts, worker/src/lock/product-lock.ts).
 */
export const workerOf = (owner: string): string => owner.replace(/-[0-9a-f]{8}:\d+$/, '')

const deadlineMs = 5_000

export const openInspection = (databaseUrl: string, redisUrl: string): Inspection => {
  const logger = createLogger('inspection', 'silent')
  const database = openDatabase({ url: databaseUrl, name: 'chaos', connectionsMax: 2, deadlineMs })
  const redis = openCommandRedis({ url: redisUrl, keyPrefix: '', logger }, 'chaos')
  const keys = redisKeys('')
  const queue = openQueue(queueNames[0] ?? '', redis, keys.bullPrefix)

  return {
    database,
    redis,
    queue,
    lockKeys: (productId) => keys.lock(productId),
    reportKeys: keys.reports,
    settled: async (productId) => {
      const [row] = await database.run(
        'counting purchases',
        (sql) => sql<{ count: number }[]>`
          SELECT count(*)::integer AS count FROM purchases WHERE product_id = ${productId}`,
      )
      return row?.count ?? 0
    },
    purchases: (productId) =>
      database.run(
        'reading purchases',
        (sql) => sql<StoredPurchase[]>`
          SELECT p.id, p.customer_id AS "customerId", p.quantity, p.outcome, o.id AS "orderId"
            FROM purchases p LEFT JOIN orders o ON o.purchase_id = p.id
           WHERE p.product_id = ${productId}`,
      ),
    lastToken: async (productId) => {
      const [row] = await database.run(
        'reading a fencing token',
        (sql) => sql<{ token: string }[]>`
          SELECT fencing_token AS token FROM products WHERE id = ${productId}`,
      )
      return Number(row?.token ?? 0)
    },
    pendingJobs: async () => {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized')
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
    failedJobs: () => queue.getRanges(['failed'], 0, -1),
    jobIds: () => queue.getRanges(['wait', 'active', 'delayed', 'completed', 'failed'], 0, -1),
    lockOwner: async (productId) => (await redis.hget(keys.lock(productId).lock, 'owner')) ?? undefined,
    lockLine: (productId) => redis.zrange(keys.lock(productId).line, '0', '-1'),
    close: async () => {
      await queue.close()
      await closeRedis(redis)
      await database.close(1_000)
    },
  }
}
