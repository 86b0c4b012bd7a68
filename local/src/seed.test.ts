import postgres from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { isolatedStores } from './isolated-stores.ts'
import { seed } from './seed.ts'

const stores = isolatedStores()
const sql = postgres(stores.databaseUrl, { max: 1 })
afterAll(() => sql.end())

test('puts the product there once, with its stock booked', async () => {
  await seed(stores.databaseUrl)
  await sql`UPDATE products SET stock = 42 WHERE id = 1`
  await seed(stores.databaseUrl)
  const products = await sql`
    SELECT id, name, stock, initial_stock, price_minor, price_currency, per_customer_limit, demo FROM products`
  const price = { price_minor: 79_900, price_currency: 'EUR' }
  expect(products).toEqual([
    { id: 1, name: 'iPhone 15', stock: 42, initial_stock: 100, ...price, per_customer_limit: 1, demo: true },
  ])
  expect(await sql`SELECT product_id, delta, reason FROM stock_movements`).toEqual([
    { product_id: 1, delta: 100, reason: 'initial' },
  ])
})

test('the next product gets the next id', async () => {
  const [next] =
    await sql`INSERT INTO products (name, stock, initial_stock) VALUES ('next', 1, 1) RETURNING id`
  expect(next).toEqual({ id: 2 })
})
