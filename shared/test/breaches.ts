/** What can go wrong in the stores, done by hand to a sale that was right. */
import type { Sql } from '../src/postgres.ts'
import type { PurchaseResult } from '../src/queue.ts'
import type { Redis } from '../src/redis.ts'
import type { PurchaseQueue } from '../src/verify/finished-jobs.ts'
import type { SalePlan, VerifiedSale } from './verified-sales.ts'

/** What is broken, the sale it is done to, by what, and which checks must say so. */
export interface Breach {
  what: string
  plan: SalePlan
  broken: (sale: VerifiedSale, sql: Sql) => Promise<unknown>
  mended?: (sale: VerifiedSale, sql: Sql) => Promise<unknown>
  seen: string[]
  /** Text in the line on it. */
  named?: (sale: VerifiedSale) => string
}

export const ample: SalePlan = { stock: 10, quantities: [1, 1, 2] }
export const soldOut: SalePlan = { stock: 2, quantities: [1, 1, 1, 1] }
const last = ({ ids }: VerifiedSale): string => ids.at(-1) ?? ''
export const first = ({ ids }: VerifiedSale): string => ids[0] ?? ''

const changeResult = async (redis: Redis, key: string, change: Partial<PurchaseResult>): Promise<void> => {
  const result = JSON.parse((await redis.hget(key, 'returnvalue')) ?? '{}') as PurchaseResult
  await redis.hset(key, 'returnvalue', JSON.stringify({ ...result, ...change }))
}

export const breachesWith = (redis: Redis, queue: PurchaseQueue): Record<string, Breach> => ({
  unbookedStock: {
    what: 'stock that nobody booked',
    plan: ample,
    broken: ({ productId }, sql) => sql`UPDATE products SET stock = stock + 1 WHERE id = ${productId}`,
    seen: ['stock'],
    named: ({ productId }) =>
      `product ${productId} "sold": 10 initial + 0 restocked − 4 sold, but 7 in stock and 6 booked`,
  },
  negativeStock: {
    what: 'a stock below 0, its guard gone',
    plan: ample,
    broken: async ({ productId }, sql) => {
      await sql`ALTER TABLE products DROP CONSTRAINT products_stock_check`
      await sql`UPDATE products SET stock = -1, initial_stock = 3 WHERE id = ${productId}`
      await sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${productId}, -7, 'sale')`
    },
    mended: async ({ productId }, sql) => {
      await sql`UPDATE products SET stock = 6, initial_stock = 10 WHERE id = ${productId}`
      await sql`ALTER TABLE products ADD CHECK (stock >= 0)`
    },
    seen: ['stock', 'guards'],
    named: () => 'table products: expected CHECK ((stock >= 0)), there is none',
  },
  unsoldMovement: {
    what: 'a movement without a sale',
    plan: ample,
    broken: ({ productId }, sql) =>
      sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${productId}, -1, 'sale')`,
    seen: ['stock'],
  },
  missingOrder: {
    what: 'a confirmed purchase without an order',
    plan: ample,
    broken: (sale, sql) => sql`DELETE FROM orders WHERE purchase_id = ${first(sale)}`,
    // The buyer was shown that order.
    seen: ['orders', 'shown'],
    named: ({ productId }) =>
      `product ${productId} "sold": 3 confirmed purchases, 2 orders, 2 pairs that agree`,
  },
  secondOrder: {
    what: 'two orders of one purchase, its guard gone',
    plan: ample,
    broken: async (sale, sql) => {
      await sql`ALTER TABLE orders DROP CONSTRAINT orders_purchase_id_key`
      await sql`
        INSERT INTO orders (purchase_id, product_id, customer_id, quantity)
        SELECT purchase_id, product_id, customer_id, quantity FROM orders WHERE purchase_id = ${first(sale)}`
      // The stored order is then either of the two.
      await queue.remove(first(sale))
    },
    mended: async (sale, sql) => {
      await sql`DELETE FROM orders WHERE purchase_id = ${first(sale)}`
      await sql`ALTER TABLE orders ADD UNIQUE (purchase_id)`
    },
    seen: ['orders', 'guards'],
  },
  orderAlone: {
    what: 'an order without a purchase',
    plan: ample,
    broken: ({ productId }, sql) =>
      sql`
        INSERT INTO orders (purchase_id, product_id, customer_id, quantity)
        VALUES (gen_random_uuid(), ${productId}, 'nobody', 1)`,
    seen: ['orders'],
  },
  otherQuantity: {
    what: 'an order of another quantity than its purchase',
    plan: ample,
    broken: (sale, sql) => sql`UPDATE orders SET quantity = 2 WHERE purchase_id = ${first(sale)}`,
    seen: ['orders'],
  },
  refusedAtItsTurn: {
    what: 'sold out, although there was enough at its turn',
    plan: soldOut,
    broken: (sale, sql) => sql`UPDATE purchases SET stock_left = 1 WHERE id = ${last(sale)}`,
    seen: ['no undersell'],
    named: ({ productId }) => `product ${productId} "sold": 1 purchase refused although there was enough`,
  },
  refusedForNothing: {
    what: 'sold out, although there is still enough',
    plan: soldOut,
    broken: async (sale, sql) => {
      await sql`DELETE FROM orders WHERE purchase_id = ${first(sale)}`
      await sql`DELETE FROM purchases WHERE id = ${first(sale)}`
      await sql`UPDATE products SET stock = 1 WHERE id = ${sale.productId}`
      await sql`UPDATE stock_movements SET delta = 0 WHERE id = (
        SELECT max(id) FROM stock_movements WHERE product_id = ${sale.productId})`
      await queue.remove(first(sale))
    },
    seen: ['no undersell'],
  },
  overLimit: {
    what: 'a customer above the limit',
    plan: ample,
    broken: ({ productId }, sql) => sql`UPDATE products SET per_customer_limit = 1 WHERE id = ${productId}`,
    seen: ['customer limits'],
    named: ({ productId }) => `product ${productId} "sold": 1 customer above the limit`,
  },
  overPurchaseLimit: {
    what: 'a purchase of more than is allowed at a time',
    plan: ample,
    broken: ({ productId }, sql) => sql`UPDATE products SET max_per_purchase = 1 WHERE id = ${productId}`,
    seen: ['customer limits'],
    named: ({ productId }) => `product ${productId} "sold": 1 purchase above the limit of one`,
  },
  unseenToken: {
    what: 'a token larger than the product has seen',
    plan: ample,
    broken: ({ productId }, sql) => sql`UPDATE products SET fencing_token = 0 WHERE id = ${productId}`,
    seen: ['fencing'],
  },
  lateToken: {
    what: 'a smaller token that settled after a larger one',
    plan: ample,
    broken: async (sale, sql) => {
      await sql`UPDATE purchases SET fencing_token = 1000 WHERE id = ${first(sale)}`
      await sql`UPDATE products SET fencing_token = 1000 WHERE id = ${sale.productId}`
    },
    seen: ['fencing'],
    named: () => '1 lease settled before an older one; largest token used 1000, of the product 1000',
  },
  noToken: {
    what: 'a purchase settled without a lease',
    plan: ample,
    broken: (sale, sql) => sql`UPDATE purchases SET fencing_token = NULL WHERE id = ${first(sale)}`,
    seen: ['fencing'],
  },
  lostOutcome: {
    what: 'a completed job without an outcome',
    plan: soldOut,
    broken: (sale, sql) => sql`DELETE FROM purchases WHERE id = ${last(sale)}`,
    seen: ['accepted'],
    named: (sale) => `purchase ${last(sale)} of product ${sale.productId}: shown as sold_out`,
  },
  otherOutcome: {
    what: 'a buyer who was shown another outcome',
    plan: ample,
    broken: (sale) => changeResult(redis, queue.toKey(first(sale)), { outcome: 'sold_out' }),
    seen: ['shown'],
    named: (sale) => `purchase ${first(sale)} of product ${sale.productId}: shown as sold_out`,
  },
  otherOrder: {
    what: 'a buyer who was shown another order',
    plan: ample,
    broken: (sale) => changeResult(redis, queue.toKey(first(sale)), { orderId: 4_711 }),
    seen: ['shown'],
    named: () => 'shown as confirmed, order 4711',
  },
  unreadable: {
    what: 'a job that shows nonsense',
    plan: ample,
    broken: (sale) => redis.hset(queue.toKey(first(sale)), 'returnvalue', '{'),
    seen: ['shown'],
  },
})

/** Changes that break nothing. */
export const harmlessWith = (queue: PurchaseQueue): Record<string, Omit<Breach, 'seen'>> => ({
  restocked: {
    what: 'stock that came after the last one was refused',
    plan: soldOut,
    broken: async ({ productId }, sql) => {
      await sql`UPDATE products SET stock = stock + 5 WHERE id = ${productId}`
      await sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${productId}, 5, 'restock')`
    },
  },
  lowered: {
    what: 'limits that were lowered after the sale',
    plan: ample,
    broken: ({ productId }, sql) => sql`
      UPDATE products SET max_per_purchase = 1, per_customer_limit = 1, limits_since = clock_timestamp()
       WHERE id = ${productId}`,
  },
  reset: {
    what: 'jobs of a demo product that was reset since',
    plan: { ...soldOut, demo: true },
    broken: ({ productId }, sql) => sql`SELECT * FROM reset_product(${productId}, 3)`,
  },
  forgotten: {
    what: 'a job that Redis has forgotten',
    plan: ample,
    broken: (sale) => queue.remove(first(sale)),
  },
})
