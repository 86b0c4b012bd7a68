import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { Purchase, Settled } from './purchase.ts'
import { orderIdOf } from './settle.ts'

/** Think time where the demo product names none, milliseconds: what the original took. */
const thinkMsDefault = 100

interface NaiveRow {
  outcome: Settled['outcome']
  settled_at: Date
  order_id: string | null
}

const stored = async (database: Database, id: string): Promise<Settled | undefined> => {
  const [row] = await database.run(
    'reading a naive purchase',
    (sql) => sql<NaiveRow[]>`
      SELECT p.outcome, p.settled_at, o.id AS order_id
        FROM purchases p LEFT JOIN orders o ON o.purchase_id = p.id
       WHERE p.id = ${id}`,
  )
  if (!row) return undefined
  return {
    outcome: row.outcome,
    ...(row.order_id === null ? {} : { orderId: orderIdOf(row.order_id) }),
    settledAt: row.settled_at.toISOString(),
    storedBefore: true,
  }
}

/**
 * What many shops do, for comparison, on demo products only: read the stock, think, write it back one smaller, insert
 * the order. No lock and no transaction around the steps, so buyers who read the same stock all get it: it oversells,
 * and writes of the stock get lost. Its purchases carry no fencing token.
 * @throws {DatabaseUnavailableError} at any step, leaving whatever was written before.
 */
export const buyNaively = async (
  database: Database,
  purchase: Purchase,
  thinkMs: number,
): Promise<Settled> => {
  const before = await stored(database, purchase.id)
  if (before) return before

  const [product] = await database.run(
    'reading the stock',
    (sql) => sql<{ stock: number }[]>`SELECT stock FROM products WHERE id = ${purchase.productId}`,
  )
  const stockRead = product?.stock ?? 0
  await delay(thinkMs || thinkMsDefault)

  const sells = purchase.quantity <= stockRead
  if (sells) {
    await database.run(
      'writing the stock',
      (sql) =>
        sql`UPDATE products SET stock = ${stockRead - purchase.quantity} WHERE id = ${purchase.productId}`,
    )
  }
  const outcome = sells ? 'confirmed' : product ? 'sold_out' : 'not_on_sale'
  await database.run(
    'inserting the order',
    (sql) => sql`
      WITH purchase AS (
        INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
        VALUES (${purchase.id}, ${purchase.productId}, ${purchase.customerId}, ${purchase.quantity}, ${outcome},
                ${stockRead}, ${new Date(purchase.acceptedAtMs).toISOString()})
        ON CONFLICT (id) DO NOTHING
        RETURNING *
      ), placed AS (
        INSERT INTO orders (purchase_id, product_id, customer_id, quantity)
        SELECT id, product_id, customer_id, quantity FROM purchase WHERE outcome = 'confirmed'
        RETURNING product_id, quantity
      )
      INSERT INTO stock_movements (product_id, delta, reason)
      SELECT product_id, -quantity, 'sale' FROM placed`,
  )
  const settled = await stored(database, purchase.id)
  if (!settled) throw new Error(`the naive purchase ${purchase.id} is not there after it was written`)
  return { ...settled, storedBefore: false }
}
