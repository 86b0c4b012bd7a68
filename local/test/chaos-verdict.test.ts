/** The verdict of chaos against what it has to notice: each promise broken by hand, once. */
import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openInspection } from '../src/chaos/inspection.ts'
import type { Buyer, Sale } from '../src/chaos/sale.ts'
import { saleProblems } from '../src/chaos/verdict.ts'
import { isolatedStores } from '../src/isolated-stores.ts'

const stores = isolatedStores()
const inspect = openInspection(stores.databaseUrl, stores.redisUrl)
const sql = postgres(stores.databaseUrl, { max: 1, onnotice: () => undefined })
afterAll(async () => {
  await sql.end()
  await inspect.close()
})

const stock = 3
let productId: number
let buyers: Buyer[]
/** What the api would show. */
let shown: Map<string, Buyer['seen']>

/** Five buyers of three units. */
beforeEach(async () => {
  const [product] = await sql<{ id: number }[]>`
    INSERT INTO products (name, stock, initial_stock) VALUES ('test', ${stock}, ${stock}) RETURNING id`
  productId = product?.id ?? 0
  await sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${productId}, ${stock}, 'initial')`
  const ids = Array.from({ length: 5 }, () => randomUUID())
  const rows = await sql<{ id: string; outcome: 'confirmed' | 'sold_out'; order_id: string | null }[]>`
    SELECT id, outcome, order_id FROM settle_purchases(${productId}, 1, ${ids}::uuid[],
      ${ids.map((id) => `customer of ${id}`)}::text[], ${ids.map(() => 1)}::integer[],
      ${ids.map(() => '2026-01-01')}::text[]::timestamptz[])`
  buyers = rows.map(({ id, outcome, order_id }) => ({
    customerId: `customer of ${id}`,
    quantity: 1,
    key: id,
    jobId: id,
    seen: { status: outcome, orderId: order_id ?? undefined },
    lost: 0,
  }))
  shown = new Map(buyers.map(({ key, seen }) => [key, seen]))
})

const problems = (losesAccepted = false): Promise<string[]> => {
  const plan = { buyers: 5, stock, quantityMax: 1, thinkMs: 0, batchMax: null, spreadMs: 0 }
  const sale: Sale = {
    ...{ productId, plan, buyers, restocked: 0, insistent: false, contradictions: [] },
    ...{ accepted: () => 5, refused: () => 0, served: () => 5, isOver: () => true },
    awaitAccepted: async () => undefined,
    awaitServed: async () => undefined,
    ended: Promise.resolve(),
  }
  const find = async (jobId: string) => {
    const seen = shown.get(jobId)
    return { status: seen ? 200 : 404, replayed: false, fault: '', body: seen as never }
  }
  return saleProblems({ inspect, shop: { find } }, sale, losesAccepted)
}

const buyerWith = (outcome: string): Buyer => {
  const buyer = buyers.find(({ seen }) => seen?.status === outcome)
  if (!buyer) throw new Error(`nobody is ${outcome}`)
  return buyer
}

test('finds nothing where every promise was kept', async () => {
  expect(await problems()).toEqual([])
})

test.each<[string, () => unknown, RegExp]>([
  [
    'an accepted purchase without an outcome',
    () => sql`DELETE FROM purchases WHERE id = ${buyerWith('sold_out').key}`,
    /was answered 202 and has no outcome/,
  ],
  [
    'a second purchase of the same key',
    () => sql`
      INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
      SELECT gen_random_uuid(), product_id, customer_id, 1, 'sold_out', 0, accepted_at
        FROM purchases WHERE id = ${buyerWith('sold_out').key}`,
    /has 2 purchases/,
  ],
  [
    'a confirmed purchase without its order',
    () => sql`DELETE FROM orders WHERE purchase_id = ${buyerWith('confirmed').key}`,
    /is confirmed with order null/,
  ],
  [
    'a stored outcome that its buyer has seen otherwise',
    () => sql`UPDATE purchases SET outcome = 'not_on_sale' WHERE id = ${buyerWith('sold_out').key}`,
    /was seen as sold_out undefined and is stored as not_on_sale/,
  ],
  ['an outcome that changes', () => shown.set(buyerWith('sold_out').key, undefined), /outcomes changed/],
  [
    'an oversold product',
    () => sql`UPDATE products SET initial_stock = 2, stock = 0 WHERE id = ${productId}`,
    /does not verify/,
  ],
  [
    'units that nobody got although somebody was refused',
    async () => {
      await sql`UPDATE products SET initial_stock = 4, stock = 1 WHERE id = ${productId}`
      await sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${productId}, 1, 'initial')`
    },
    /does not verify|sold 3, expected/,
  ],
  [
    'a purchase that failed',
    () => sql`UPDATE purchases SET outcome = 'failed' WHERE id = ${buyerWith('sold_out').key}`,
    /failed/,
  ],
  [
    'an order of somebody who was refused at the door',
    () => Object.assign(buyerWith('confirmed'), { refused: true }),
    /was refused as sold out and has order/,
  ],
  ['a purchase that was lost', () => Object.assign(buyerWith('confirmed'), { lost: 1 }), /were lost/],
  [
    'a buyer who was left alone',
    () => Object.assign(buyerWith('sold_out'), { trouble: 'no outcome' }),
    /in trouble/,
  ],
])('notices %s', async (_, breakIt, noticed) => {
  await breakIt()
  expect((await problems()).join('\n')).toMatch(noticed)
})

test('allows losses only where data were lost', async () => {
  Object.assign(buyerWith('confirmed'), { lost: 1 })
  expect(await problems(true)).toEqual([])
})

test('notices a lock that is left behind', { timeout: 30_000 }, async () => {
  const { lock } = inspect.lockKeys(productId)
  await inspect.redis.hset(lock, 'owner', 'worker-1-00000000:1')
  expect((await problems()).join('\n')).toMatch(/still held by worker-1/)
  await inspect.redis.del(lock)
})
