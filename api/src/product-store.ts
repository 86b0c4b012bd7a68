/** Products in Postgres. Every change is one statement, hence one transaction, and books its stock movement. */
import type { NewProduct, Product } from '@flash-sale/shared/contract/product.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import postgres from 'postgres'
import { type ProductRow, productColumns, productOf, utc } from './product-row.ts'

/** How many products one page lists. */
const pageSize = 100

/**
 * The newest products first, at most a hundred.
 * @param before only products with a smaller id, for the next page.
 * @throws {DatabaseUnavailableError}
 */
export const listProducts = async (database: Database, before?: number): Promise<Product[]> => {
  const rows = await database.run(
    'listing products',
    (sql) => sql<ProductRow[]>`
      SELECT ${productColumns(sql)} FROM products
       WHERE id < ${before ?? null}::integer OR ${before ?? null}::integer IS NULL
       ORDER BY id DESC
       LIMIT ${pageSize}`,
  )
  return rows.map(productOf)
}

/** A product as it is now. @throws {DatabaseUnavailableError} */
export const readProduct = async (database: Database, id: number): Promise<Product | undefined> => {
  const [row] = await database.run(
    'reading a product',
    (sql) => sql<ProductRow[]>`SELECT ${productColumns(sql)} FROM products WHERE id = ${id}`,
  )
  return row && productOf(row)
}

/** Adds a product and books its stock. @throws {DatabaseUnavailableError} */
export const createProduct = async (database: Database, product: NewProduct): Promise<Product> => {
  const [row] = await database.run(
    'creating a product',
    (sql) => sql<ProductRow[]>`
      WITH created AS (
        INSERT INTO products
               (name, stock, initial_stock, price_minor, price_currency, per_customer_limit, max_per_purchase,
                opens_at, closes_at, demo, think_ms, batch_max)
        VALUES (${product.name}, ${product.stock}, ${product.stock}, ${product.price?.amountMinor ?? null},
                ${product.price?.currency ?? null}, ${product.perCustomerLimit}, ${product.maxPerPurchase},
                ${utc(product.opensAt)}::timestamptz, ${utc(product.closesAt)}::timestamptz,
                ${product.demo}, ${product.thinkMs}, ${product.batchMax})
        RETURNING *
      ), movement AS (
        INSERT INTO stock_movements (product_id, delta, reason)
        SELECT id, stock, 'initial' FROM created
      )
      SELECT ${productColumns(sql)} FROM created`,
  )
  if (!row) throw new Error('INSERT … RETURNING gave no row')
  return productOf(row)
}

const integerOverflow = '22003'

/**
 * Adds `quantity` units to the stock.
 * @returns the product after it; undefined when there is none; `too-much` when the stock would no longer be an integer
 * of Postgres (2,147,483,647).
 * @throws {DatabaseUnavailableError}
 */
export const restockProduct = async (
  database: Database,
  id: number,
  quantity: number,
): Promise<Product | 'too-much' | undefined> => {
  try {
    const [row] = await database.run(
      'restocking a product',
      (sql) => sql<ProductRow[]>`
        WITH changed AS (
          UPDATE products SET stock = stock + ${quantity}::integer, version = version + 1
           WHERE id = ${id}
          RETURNING *
        ), movement AS (
          INSERT INTO stock_movements (product_id, delta, reason)
          SELECT id, ${quantity}::integer, 'restock' FROM changed
        )
        SELECT ${productColumns(sql)} FROM changed`,
    )
    return row && productOf(row)
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === integerOverflow) return 'too-much'
    throw error
  }
}

/**
 * Empties a demo product of its purchases and orders and gives it a new stock.
 * @returns the product after it; undefined when there is none; `not-a-demo-product` when nothing was done.
 * @throws {DatabaseUnavailableError} also when a settlement holds the product for longer than 2 s.
 */
export const resetProduct = async (
  database: Database,
  id: number,
  stock: number,
): Promise<Product | 'not-a-demo-product' | undefined> => {
  const [row] = await database.run(
    'resetting a product',
    (sql) => sql<ProductRow[]>`
      SELECT ${productColumns(sql)} FROM reset_product(${id}::integer, ${stock}::integer)`,
  )
  if (!row) return undefined
  return row.demo ? productOf(row) : 'not-a-demo-product'
}
