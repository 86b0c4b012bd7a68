/**
 * Contender a: the lock around each request, as the original had it. `SET NX` with a TTL of 20 s, tried again every
 * 100 ms by every request for itself; inside it read, check, write.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { contenderConfig } from './config.ts'
import { openShop, type Wanted } from './shop.ts'

const lockTtlMs = 20_000
const retryMs = 100

const config = contenderConfig()
const sql = postgres(config.DATABASE_URL, { max: config.POOL_MAX })
const redis = new Redis(config.REDIS_URL)

/** Deletes the lock only when it is still ours. */
const releaseScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

const buyLocked = async ({ productId, customerId, quantity }: Wanted): Promise<string | undefined> => {
  const [product] = await sql<{ stock: number }[]>`SELECT stock FROM bench.products WHERE id = ${productId}`
  if (!product || product.stock < quantity) return undefined
  await sql`UPDATE bench.products SET stock = ${product.stock - quantity} WHERE id = ${productId}`
  const [order] = await sql<{ id: string }[]>`
    INSERT INTO bench.orders (product_id, customer_id, quantity)
    VALUES (${productId}, ${customerId}, ${quantity}) RETURNING id`
  return order?.id
}

openShop(
  config.PORT,
  async (wanted) => {
    const key = `bench:lock:${wanted.productId}`
    const owner = randomUUID()
    while ((await redis.set(key, owner, 'PX', lockTtlMs, 'NX')) !== 'OK') await sleep(retryMs)
    try {
      return await buyLocked(wanted)
    } finally {
      await redis.eval(releaseScript, 1, key, owner)
    }
  },
  async () => {
    redis.disconnect()
    await sql.end({ timeout: 2 })
  },
)
