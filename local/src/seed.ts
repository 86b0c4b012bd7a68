import postgres from 'postgres'

/** What is on sale after the first start. */
const product = {
  id: 1,
  name: 'iPhone 15',
  stock: 100,
  priceMinor: 79_900,
  currency: 'EUR',
  perCustomerLimit: 1,
}

/**
 * Puts the demo product with its first stock into the database, unless there is a product with its id already.
 * @param databaseUrl has the newest schema.
 */
export const seed = async (databaseUrl: string): Promise<void> => {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 10, onnotice: () => undefined })
  try {
    await sql`
      WITH product AS (
        INSERT INTO products (id, name, stock, initial_stock, price_minor, price_currency, per_customer_limit, demo)
        VALUES (${product.id}, ${product.name}, ${product.stock}, ${product.stock}, ${product.priceMinor},
                ${product.currency}, ${product.perCustomerLimit}, true)
        ON CONFLICT DO NOTHING
        RETURNING id, stock
      ), movement AS (
        INSERT INTO stock_movements (product_id, delta, reason) SELECT id, stock, 'initial' FROM product
      )
      -- The id was chosen by us: without this the next product would be given it again.
      SELECT setval('products_id_seq', greatest(id, (SELECT last_value FROM products_id_seq))) FROM product`
  } finally {
    await sql.end({ timeout: 5 })
  }
}
