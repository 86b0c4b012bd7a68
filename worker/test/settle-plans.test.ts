/** What a batch costs Postgres does not depend on when its session made its plans. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import postgres from 'postgres'
import { v7 } from 'uuid'
import { afterAll, expect, test } from 'vitest'

const stores = isolatedStores()
/** One session, as each connection of a worker's pool is. */
const sql = postgres(stores.databaseUrl, { max: 1, onnotice: () => undefined })
afterAll(() => sql.end({ timeout: 5 }))

const batchSize = 25

/** Index entries read so far, of both tables that a batch is looked up in. */
const entriesRead = async (): Promise<number> => {
  await sql`SELECT pg_stat_force_next_flush()`
  const [row] = await sql<{ read: number }[]>`
    SELECT sum(idx_tup_read)::integer AS read FROM pg_stat_user_indexes
     WHERE indexrelname IN ('purchases_pkey', 'orders_purchase_id_key')`
  return row?.read ?? 0
}

test('plans that were made while the tables were empty look up by key when they are not', async () => {
  const [product] = await sql<{ id: number }[]>`
    INSERT INTO products (name, stock, initial_stock) VALUES ('test', 100000, 100000) RETURNING id`
  const settle = (ids: readonly string[]) => sql<{ outcome: string; stored_before: boolean }[]>`
    SELECT * FROM settle_purchases(
      ${product?.id ?? 0}, 1, ${ids}::uuid[], ${ids.map((_, n) => `c-${n}`)}::text[],
      ${ids.map(() => 1)}::integer[], ${ids.map(() => '2026-01-31T12:00:00Z')}::timestamptz[])`
  const newIds = () => Array.from({ length: batchSize }, () => v7())

  await sql`ANALYZE purchases, orders`
  // From the sixth on a session keeps its plan.
  for (let call = 0; call < 8; call += 1) await settle([])
  const settled: string[][] = []
  for (let batch = 0; batch < 40; batch += 1) {
    const ids = newIds()
    await settle(ids)
    settled.push(ids)
  }

  const before = await entriesRead()
  const fresh = await settle(newIds())
  const repeated = await settle(settled[0] ?? [])
  const read = (await entriesRead()) - before
  expect(fresh.filter(({ stored_before }) => !stored_before)).toHaveLength(batchSize)
  expect(repeated.filter(({ stored_before }) => stored_before)).toHaveLength(batchSize)
  // The order of each new one; each repeated one twice, and its order. A scan would have read all thousand.
  expect(read).toBeGreaterThan(0)
  expect(read).toBeLessThanOrEqual(4 * batchSize)
})
