import type postgres from 'postgres'
import type { Sql } from '../postgres.ts'

/** What Postgres has of one product, counted; sums and counts are bigint there, hence text here. */
export interface ProductCounts {
  product_id: number
  /** null: purchases or orders name a product that does not exist. */
  name: string | null
  demo: boolean
  initial_stock: number
  stock: number
  fencing_token: string
  restocked: string
  movements: string
  purchases: string
  /** Rows, and units in them. */
  confirmed: string
  sold: string
  sold_out: string
  /** Purchases that hold no fencing token although they were not closed as `failed`: naive ones. */
  naive: string
  orders: string
  /** Pairs of a confirmed purchase and an order of the same customer, product and quantity. */
  matched: string
  confirmed_alone: string
  orders_alone: string
  /** Sold out, yet asked for no more than the row says was left. */
  undersold_by_row: string
  /** Sold out, yet asked for no more than is left now, with no restock since: stock does not grow by itself. */
  undersold_since: string
  /** Customers with more units than the product's limit, who were sold some of them since it is what it is. */
  over_limit: string
  /** Purchases of more units than the product's limit for one, confirmed since it is what it is. */
  over_purchase_limit: string
  leases: string
  /** Leases that settled before one with a smaller token did. */
  leases_backwards: string
  token_max: string
}

/**
 * Counts everything that the invariants of products speak of. One statement, hence one snapshot: a settlement that
 * commits meanwhile is either in all of the numbers or in none.
 *
 * Measured with 1,000,000 purchases, half of them with an order, and 40,000 leases on 20 products: 2.1 s for all of them,
 * 0.24 s for one.
 * @param productId one product; undefined: all, ordered by id.
 */
export const countProducts = (
  sql: Sql,
  productId: number | undefined,
): postgres.PendingQuery<ProductCounts[]> => {
  // A fragment rather than "$1 IS NULL OR …": for one product the plan must be the one over the indexes.
  const only = (column: string) => (productId === undefined ? sql`` : sql`AND ${sql(column)} = ${productId}`)
  return sql<ProductCounts[]>`
    WITH product AS (
      SELECT * FROM products WHERE true ${only('id')}
    ), ledger AS (
      SELECT product_id, sum(delta) AS movements, max(fencing_token) AS token,
             sum(delta) FILTER (WHERE reason = 'restock') AS restocked,
             max(at) FILTER (WHERE reason = 'restock') AS restocked_at
        FROM stock_movements WHERE true ${only('product_id')}
       GROUP BY product_id
    ), settled AS (
      SELECT s.product_id, count(*) AS purchases,
             count(*) FILTER (WHERE s.outcome = 'confirmed') AS confirmed,
             sum(s.quantity) FILTER (WHERE s.outcome = 'confirmed') AS sold,
             count(*) FILTER (WHERE s.outcome = 'sold_out') AS sold_out,
             count(*) FILTER (WHERE s.fencing_token IS NULL AND s.outcome <> 'failed') AS naive,
             count(*) FILTER (WHERE s.outcome = 'confirmed' AND s.quantity > p.max_per_purchase
                                AND (p.limits_since IS NULL OR p.limits_since <= s.settled_at)) AS over_purchase_limit,
             count(*) FILTER (WHERE s.outcome = 'sold_out' AND s.quantity <= s.stock_left) AS undersold_by_row,
             count(*) FILTER (WHERE s.outcome = 'sold_out' AND s.quantity > s.stock_left AND s.quantity <= p.stock
                                AND (l.restocked_at IS NULL OR l.restocked_at < s.settled_at)) AS undersold_since
        FROM purchases s
        LEFT JOIN product p ON p.id = s.product_id
        LEFT JOIN ledger l ON l.product_id = s.product_id
       WHERE true ${only('s.product_id')}
       GROUP BY s.product_id
    ), paired AS (
      SELECT coalesce(c.product_id, o.product_id) AS product_id, count(o.purchase_id) AS orders,
             count(*) FILTER (WHERE c.id IS NOT NULL AND o.purchase_id IS NOT NULL) AS matched,
             count(*) FILTER (WHERE o.purchase_id IS NULL) AS confirmed_alone,
             count(*) FILTER (WHERE c.id IS NULL) AS orders_alone
        FROM (SELECT * FROM purchases WHERE outcome = 'confirmed' ${only('product_id')}) c
        FULL JOIN (SELECT * FROM orders WHERE true ${only('product_id')}) o
          ON o.purchase_id = c.id AND o.product_id = c.product_id
         AND o.customer_id = c.customer_id AND o.quantity = c.quantity
       GROUP BY 1
    ), limited AS (
      SELECT product_id, count(*) AS over_limit
        FROM (SELECT o.product_id FROM orders o JOIN product p ON p.id = o.product_id
               WHERE p.per_customer_limit IS NOT NULL
               GROUP BY o.product_id, o.customer_id, p.per_customer_limit, p.limits_since
              HAVING sum(o.quantity) > p.per_customer_limit
                 AND (p.limits_since IS NULL OR p.limits_since <= max(o.created_at))) buyer
       GROUP BY product_id
    ), lease AS (
      SELECT product_id, fencing_token, min(settled_at) AS began, max(settled_at) AS ended
        FROM purchases WHERE fencing_token IS NOT NULL ${only('product_id')}
       GROUP BY product_id, fencing_token
    ), ordered AS (
      SELECT *, max(ended) OVER (PARTITION BY product_id ORDER BY fencing_token
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS smaller_ended
        FROM lease
    ), leased AS (
      SELECT product_id, count(*) AS leases, max(fencing_token) AS token,
             count(*) FILTER (WHERE began < smaller_ended) AS leases_backwards
        FROM ordered
       GROUP BY product_id
    )
    SELECT coalesce(p.id, s.product_id, b.product_id) AS product_id, p.name, coalesce(p.demo, false) AS demo,
           coalesce(p.initial_stock, 0) AS initial_stock, coalesce(p.stock, 0) AS stock,
           coalesce(p.fencing_token, 0) AS fencing_token,
           coalesce(l.restocked, 0) AS restocked, coalesce(l.movements, 0) AS movements,
           coalesce(s.purchases, 0) AS purchases, coalesce(s.confirmed, 0) AS confirmed,
           coalesce(s.sold, 0) AS sold, coalesce(s.sold_out, 0) AS sold_out, coalesce(s.naive, 0) AS naive,
           coalesce(b.orders, 0) AS orders, coalesce(b.matched, 0) AS matched,
           coalesce(b.confirmed_alone, 0) AS confirmed_alone, coalesce(b.orders_alone, 0) AS orders_alone,
           coalesce(s.undersold_by_row, 0) AS undersold_by_row,
           coalesce(s.undersold_since, 0) AS undersold_since,
           coalesce(m.over_limit, 0) AS over_limit,
           coalesce(s.over_purchase_limit, 0) AS over_purchase_limit, coalesce(f.leases, 0) AS leases,
           coalesce(f.leases_backwards, 0) AS leases_backwards,
           greatest(f.token, l.token, 0) AS token_max
      FROM product p
      FULL JOIN settled s ON s.product_id = p.id
      FULL JOIN paired b ON b.product_id = coalesce(p.id, s.product_id)
      LEFT JOIN ledger l ON l.product_id = p.id
      LEFT JOIN limited m ON m.product_id = p.id
      LEFT JOIN leased f ON f.product_id = coalesce(p.id, s.product_id)
     ORDER BY 1`
}
