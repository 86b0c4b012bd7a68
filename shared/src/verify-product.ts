import type { Verification } from './contract/verification.ts'
import type { Database } from './postgres.ts'

/** Sums and counts are bigint in Postgres, hence text here. */
interface CountsRow {
  initial_stock: number
  stock: number
  restocked: string
  movements: string
  sold: string
  orders: string
  repeated_orders: string
  unpaired: string
  undersold: string
}

const verificationOf = (productId: number, row: CountsRow): Verification => {
  const restocked = Number(row.restocked)
  const movements = Number(row.movements)
  const sold = Number(row.sold)
  const oversold = Math.max(0, sold - row.initial_stock - restocked)
  const duplicates = Number(row.repeated_orders) + Number(row.unpaired)
  const undersold = Number(row.undersold)
  const booked = row.initial_stock + restocked - sold === row.stock && movements === row.stock
  return {
    productId,
    initialStock: row.initial_stock,
    restocked,
    sold,
    orders: Number(row.orders),
    stock: row.stock,
    movements,
    oversold,
    duplicates,
    undersold,
    ok: row.stock >= 0 && booked && oversold === 0 && duplicates === 0 && undersold === 0,
  }
}

/**
 * Counts the invariants of one product. One statement, hence one snapshot: a settlement that commits meanwhile is
 * either in all of the numbers or in none. Naive purchases count too: that is how overselling shows.
 * @returns undefined when there is no such product.
 * @throws {DatabaseUnavailableError} also when counting takes longer than the deadline of `database`.
 */
export const verifyProduct = async (
  database: Database,
  productId: number,
): Promise<Verification | undefined> => {
  const [row] = await database.run(
    'verifying a product',
    (sql) => sql<CountsRow[]>`
      WITH confirmed AS (
        SELECT id, customer_id, quantity FROM purchases
         WHERE product_id = ${productId} AND outcome = 'confirmed'
      ), ordered AS (
        SELECT purchase_id, customer_id, quantity FROM orders WHERE product_id = ${productId}
      ), movement AS (
        SELECT delta, reason FROM stock_movements WHERE product_id = ${productId}
      )
      SELECT p.initial_stock, p.stock,
             (SELECT coalesce(sum(delta), 0) FROM movement WHERE reason = 'restock') AS restocked,
             (SELECT coalesce(sum(delta), 0) FROM movement) AS movements,
             (SELECT coalesce(sum(quantity), 0) FROM confirmed) AS sold,
             (SELECT count(*) FROM ordered) AS orders,
             (SELECT count(*) - count(DISTINCT purchase_id) FROM ordered) AS repeated_orders,
             (SELECT count(*)
                FROM confirmed c
                FULL JOIN ordered o
                  ON o.purchase_id = c.id AND o.customer_id = c.customer_id AND o.quantity = c.quantity
               WHERE c.id IS NULL OR o.purchase_id IS NULL) AS unpaired,
             (SELECT count(*) FROM purchases
               WHERE product_id = ${productId} AND outcome = 'sold_out' AND quantity <= stock_left) AS undersold
        FROM products p
       WHERE p.id = ${productId}`,
  )
  return row && verificationOf(productId, row)
}
