import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import postgres from 'postgres'

/** Enough that no measure sells out by accident. */
export const plenty = 100_000_000

export interface CleanOptions {
  databaseUrl: string
  redisUrl: string
  /** Products to make, with ids from 1. */
  products: number
  stock: number
}

const rewriteLooksMax = 100
const rewriteLookMs = 50

/** Else the append-only file of earlier measures would be rewritten in the middle of a later one. */
const emptyAppendOnlyFile = async (redis: Redis): Promise<void> => {
  const persistence = (): Promise<string> => redis.info('persistence')
  if (!/aof_enabled:1/.test(await persistence())) return
  await redis.bgrewriteaof()
  for (let looks = 0; looks < rewriteLooksMax; looks += 1) {
    await sleep(rewriteLookMs)
    if (!/aof_rewrite_(in_progress|scheduled):1/.test(await persistence())) return
  }
}

/**
 * Empties both stores of what an earlier measure left and makes products, with the same stock for the engine and for
 * the contenders that have tables of their own.
 */
export const startClean = async ({ databaseUrl, redisUrl, products, stock }: CleanOptions): Promise<void> => {
  const redis = new Redis(redisUrl)
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  try {
    await redis.flushall()
    await emptyAppendOnlyFile(redis)
    await sql.unsafe(`
      TRUNCATE products, purchases, orders, stock_movements RESTART IDENTITY CASCADE;
      CREATE SCHEMA IF NOT EXISTS bench;
      CREATE TABLE IF NOT EXISTS bench.products (
        id integer PRIMARY KEY, stock integer NOT NULL CHECK (stock >= 0));
      CREATE TABLE IF NOT EXISTS bench.orders (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        product_id integer NOT NULL REFERENCES bench.products, customer_id text NOT NULL,
        quantity integer NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
      TRUNCATE bench.products, bench.orders RESTART IDENTITY CASCADE`)
    await sql`
      INSERT INTO products (name, stock, initial_stock)
      SELECT 'bench ' || n, ${stock}, ${stock} FROM generate_series(1, ${products}::integer) AS n`
    await sql`
      INSERT INTO stock_movements (product_id, delta, reason) SELECT id, stock, 'initial' FROM products WHERE stock > 0`
    await sql`INSERT INTO bench.products SELECT id, stock FROM products`
    await sql`CHECKPOINT`
  } finally {
    await sql.end({ timeout: 5 })
    redis.disconnect()
  }
}

/** Purchases with an outcome, of the engine and of the other contenders. */
export const countSettled = async (databaseUrl: string): Promise<{ engine: number; others: number }> => {
  const sql = postgres(databaseUrl, { max: 1 })
  try {
    const [row] = await sql<{ engine: number; others: number }[]>`
      SELECT (SELECT count(*) FROM purchases)::integer AS engine, (SELECT count(*) FROM bench.orders)::integer AS others`
    return row ?? { engine: 0, others: 0 }
  } finally {
    await sql.end({ timeout: 5 })
  }
}
