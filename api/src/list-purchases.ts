/** Lists of settled purchases, page by page, the last settled first. */

import { type Outcome, outcomes } from '@flash-sale/shared/contract/purchase.ts'
import type { AdminPurchase, SettledPurchase } from '@flash-sale/shared/contract/purchase-list.ts'
import type { Database, Sql } from '@flash-sale/shared/postgres.ts'
import type postgres from 'postgres'
import { cursorOf, type PageRequest, timestampOf } from './purchase-page.ts'
import { jsonNumber } from './purchase-view.ts'

export interface PurchaseFilter {
  productId?: number | undefined
  customerId?: string | undefined
  outcome?: Outcome | undefined
}

interface ListedRow {
  id: string
  product_id: number
  customer_id: string
  quantity: number
  outcome: Outcome
  stock_left: number
  accepted_at: Date
  settled_at: Date
  /** bigints, hence text. */
  settled_at_us: string
  order_id: string | null
}

export const settledPurchaseOf = (row: ListedRow): SettledPurchase => ({
  jobId: row.id,
  productId: row.product_id,
  quantity: row.quantity,
  status: row.outcome,
  ...(row.order_id === null ? {} : { orderId: jsonNumber(row.order_id) }),
  acceptedAt: row.accepted_at.toISOString(),
  settledAt: row.settled_at.toISOString(),
})

export const adminPurchaseOf = (row: ListedRow): AdminPurchase => ({
  ...settledPurchaseOf(row),
  customerId: row.customer_id,
  stockLeft: row.stock_left,
})

/** The end of each look-up in an index: what comes after the place, in order, no more than the page and one. */
const pageEnd = (sql: Sql, { after, limit }: PageRequest): postgres.Fragment => {
  // As text first: postgres.js makes a Date of whatever is to be a timestamp, and loses its microseconds.
  const later = after
    ? sql`AND (p.settled_at, p.id) < (${timestampOf(after)}::text::timestamptz, ${after.id}::uuid)`
    : sql``
  return sql`${later} ORDER BY p.settled_at DESC, p.id DESC LIMIT ${limit + 1}`
}

/** One look-up in `purchases_by_customer`; the other filters pass over what they do not want. */
const ofCustomer = (
  sql: Sql,
  customerId: string,
  { productId, outcome }: PurchaseFilter,
  page: PageRequest,
): postgres.Fragment => sql`
  SELECT p.* FROM purchases p
   WHERE p.customer_id = ${customerId}
     ${productId === undefined ? sql`` : sql`AND p.product_id = ${productId}`}
     ${outcome === undefined ? sql`` : sql`AND p.outcome = ${outcome}`}
     ${pageEnd(sql, page)}`

/**
 * One look-up in `purchases_by_outcome` for each product and outcome, put together by the caller. The products are those
 * of the purchases, one step in the index for each: a failed purchase may name a product that does not exist.
 */
const ofProducts = (
  sql: Sql,
  { productId, outcome }: PurchaseFilter,
  page: PageRequest,
): postgres.Fragment => {
  const products =
    productId === undefined
      ? sql`
        (SELECT min(product_id) AS id FROM purchases)
        UNION ALL
        SELECT (SELECT min(n.product_id) FROM purchases n WHERE n.product_id > product.id)
          FROM product WHERE product.id IS NOT NULL`
      : sql`SELECT ${productId}::integer AS id`
  return sql`
    SELECT p.* FROM (
      WITH RECURSIVE product AS (${products})
      SELECT product.id AS product_id, o.outcome
        FROM product CROSS JOIN unnest(${outcome === undefined ? [...outcomes] : [outcome]}::text[]) AS o(outcome)
    ) part
    CROSS JOIN LATERAL (
      SELECT p.* FROM purchases p
       WHERE p.product_id = part.product_id AND p.outcome = part.outcome ${pageEnd(sql, page)}
    ) p`
}

/**
 * One page of the purchases that pass the filter. Its cost does not grow with the length of the list: one look-up for a
 * customer, up to five for a product, up to five for each product without either. Only the purchases of one customer
 * are read one by one where a product or an outcome is asked for as well.
 * @param show what is made of a row.
 * @throws {DatabaseUnavailableError}
 */
export const listPurchases = async <T>(
  database: Database,
  filter: PurchaseFilter,
  page: PageRequest,
  show: (row: ListedRow) => T,
): Promise<{ purchases: T[]; nextCursor?: string }> => {
  const { customerId } = filter
  const select = (sql: Sql): postgres.Fragment =>
    customerId === undefined ? ofProducts(sql, filter, page) : ofCustomer(sql, customerId, filter, page)
  const rows = await database.run(
    'listing purchases',
    (sql) => sql<ListedRow[]>`
      SELECT p.id, p.product_id, p.customer_id, p.quantity, p.outcome, p.stock_left, p.accepted_at, p.settled_at,
             (extract(epoch FROM p.settled_at) * 1000000)::bigint AS settled_at_us, o.id AS order_id
        FROM (SELECT p.* FROM (${select(sql)}) p ORDER BY p.settled_at DESC, p.id DESC LIMIT ${page.limit + 1}) p
        LEFT JOIN orders o ON o.purchase_id = p.id
       ORDER BY p.settled_at DESC, p.id DESC`,
  )
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  const purchases = shown.map(show)
  if (rows.length <= page.limit || !last) return { purchases }
  return {
    purchases,
    nextCursor: cursorOf({ settledAtUs: BigInt(last.settled_at_us), id: last.id }),
  }
}
