import type { Price, Product, SaleStatus } from '@flash-sale/shared/contract/product.ts'
import type { Sql } from '@flash-sale/shared/postgres.ts'
import type postgres from 'postgres'

/** A row of `products`, as `productColumns` gives it. */
export interface ProductRow {
  id: number
  name: string
  stock: number
  initial_stock: number
  price_minor: number | null
  price_currency: string | null
  per_customer_limit: number | null
  max_per_purchase: number | null
  opens_at: Date | null
  closes_at: Date | null
  sale_status: SaleStatus
  demo: boolean
  think_ms: number
  batch_max: number | null
}

/** What of a product is shown. Whether it is on sale is judged as settle_purchases() does, by the same clock. */
export const productColumns = (sql: Sql): postgres.Fragment => sql`
  id, name, stock, initial_stock, price_minor, price_currency, per_customer_limit, max_per_purchase, opens_at, closes_at,
  demo, think_ms, batch_max,
  CASE WHEN closes_at <= clock_timestamp() THEN 'closed'
       WHEN opens_at > clock_timestamp() THEN 'upcoming'
       ELSE 'open' END AS sale_status`

const priceOf = ({ price_minor, price_currency }: ProductRow): Price | null =>
  price_minor === null || price_currency === null
    ? null
    : { amountMinor: price_minor, currency: price_currency }

/** A product as clients see it. */
export const productOf = (row: ProductRow): Product => ({
  id: row.id,
  name: row.name,
  stock: row.stock,
  initialStock: row.initial_stock,
  price: priceOf(row),
  perCustomerLimit: row.per_customer_limit,
  maxPerPurchase: row.max_per_purchase,
  opensAt: row.opens_at?.toISOString() ?? null,
  closesAt: row.closes_at?.toISOString() ?? null,
  saleStatus: row.sale_status,
  demo: row.demo,
  thinkMs: row.think_ms,
  batchMax: row.batch_max,
})

/** A time for Postgres: in UTC, since it refuses offsets beyond 16 hours that ISO 8601 allows. */
export const utc = (time: string | null): string | null => time && new Date(time).toISOString()
