/** Lists of settled purchases, page by page, the last settled first. */

import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import type { AdminPurchase, SettledPurchase } from '@flash-sale/shared/contract/purchase-list.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
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
  const { after } = page
  const rows = await database.run(
    'listing purchases',
    // The time as text first: postgres.js makes a Date of whatever is to be a timestamp, and loses its microseconds.
    (sql) => sql<ListedRow[]>`
      SELECT p.id, p.product_id, p.customer_id, p.quantity, p.outcome, p.stock_left, p.accepted_at, p.settled_at,
             (extract(epoch FROM p.settled_at) * 1000000)::bigint AS settled_at_us, o.id AS order_id
        FROM (SELECT l.*
                FROM list_purchases(
                       ${filter.productId ?? null}::integer, ${filter.customerId ?? null}::text,
                       ${filter.outcome ?? null}::text, ${after ? timestampOf(after) : null}::text::timestamptz,
                       ${after?.id ?? null}::uuid, ${page.limit + 1}::integer) l
               ORDER BY l.settled_at DESC, l.id DESC
               LIMIT ${page.limit + 1}) p
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
