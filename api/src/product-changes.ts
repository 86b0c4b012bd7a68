/** Changes of a product's rules. Each is one statement, hence one transaction, and waits for a settlement under way. */

import type { FieldProblem } from '@flash-sale/shared/contract/problem.ts'
import type { Product, ProductChange } from '@flash-sale/shared/contract/product.ts'
import type { Database, Sql } from '@flash-sale/shared/postgres.ts'
import postgres from 'postgres'
import { type ProductRow, productColumns, productOf, utc } from './product-row.ts'
import { readProduct } from './product-store.ts'

const columnsOf = (change: ProductChange): Record<string, string | number | null> => {
  const columns = {
    name: change.name,
    price_minor: change.price === null ? null : change.price?.amountMinor,
    price_currency: change.price === null ? null : change.price?.currency,
    per_customer_limit: change.perCustomerLimit,
    max_per_purchase: change.maxPerPurchase,
    opens_at: change.opensAt === undefined ? undefined : utc(change.opensAt),
    closes_at: change.closesAt === undefined ? undefined : utc(change.closesAt),
    think_ms: change.thinkMs,
    batch_max: change.batchMax,
  }
  const given = Object.entries(columns).filter(
    (entry): entry is [string, string | number | null] => entry[1] !== undefined,
  )
  return Object.fromEntries(given)
}

/** Whether this change gives a limit another value; what is sold from then on is judged by the new one. */
const limitsChange = (sql: Sql, { perCustomerLimit, maxPerPurchase }: ProductChange): postgres.Fragment => {
  const perCustomer =
    perCustomerLimit === undefined
      ? sql`false`
      : sql`per_customer_limit IS DISTINCT FROM ${perCustomerLimit}::integer`
  const perPurchase =
    maxPerPurchase === undefined
      ? sql`false`
      : sql`max_per_purchase IS DISTINCT FROM ${maxPerPurchase}::integer`
  return sql`(${perCustomer} OR ${perPurchase})`
}

/** Which relation between the fields Postgres' checks have refused; `product` is what the change was made to. */
const brokenRelation = (product: Product, change: ProductChange): FieldProblem => {
  const { opensAt = product.opensAt, closesAt = product.closesAt } = change
  if (opensAt !== null && closesAt !== null && Date.parse(opensAt) >= Date.parse(closesAt)) {
    return change.closesAt === undefined
      ? { path: 'opensAt', message: `expected a time before closesAt, which is ${closesAt}, got ${opensAt}` }
      : { path: 'closesAt', message: `expected a time after opensAt, which is ${opensAt}, got ${closesAt}` }
  }
  const path = change.thinkMs === undefined ? 'batchMax' : 'thinkMs'
  return { path, message: `expected none: product ${product.id} is not a demo product` }
}

const checkViolation = '23514'

/**
 * Changes what is given of a product's name and rules. Purchases that are settled afterwards are judged by them; outcomes
 * stay.
 * @returns the product after it; undefined when there is none; a problem when a field does not fit with the others,
 * also those that are stored already: nothing was changed then.
 * @throws {DatabaseUnavailableError} also when a settlement holds the product for longer than 2 s.
 */
export const changeProduct = async (
  database: Database,
  id: number,
  change: ProductChange,
): Promise<{ product: Product } | { problem: FieldProblem } | undefined> => {
  try {
    const [row] = await database.run(
      'changing a product',
      (sql) => sql<ProductRow[]>`
        UPDATE products
           SET ${sql(columnsOf(change))},
               limits_since = CASE WHEN ${limitsChange(sql, change)} THEN clock_timestamp() ELSE limits_since END
         WHERE id = ${id}
        RETURNING ${productColumns(sql)}`,
    )
    return row && { product: productOf(row) }
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code !== checkViolation) throw error
    const product = await readProduct(database, id)
    return product && { problem: brokenRelation(product, change) }
  }
}

/**
 * Opens or closes the sale of a product from now on, by Postgres' clock; what is so already stays as it is. Opening a
 * closed sale removes its `closesAt`, closing one that has not opened its `opensAt`.
 * @returns the product after it; undefined when there is none.
 * @throws {DatabaseUnavailableError} also when a settlement holds the product for longer than 2 s.
 */
export const moveSaleWindow = async (
  database: Database,
  id: number,
  to: 'open' | 'close',
): Promise<Product | undefined> => {
  const [row] = await database.run(
    'opening or closing a sale',
    (sql) => sql<ProductRow[]>`
      SELECT ${productColumns(sql)} FROM move_sale_window(${id}::integer, ${to === 'open'})`,
  )
  return row && productOf(row)
}
