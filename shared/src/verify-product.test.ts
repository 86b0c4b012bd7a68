import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase, type Sql } from './postgres.ts'
import { verifyProduct } from './verify-product.ts'

const stores = isolatedStores()
let database: Database

beforeAll(() => {
  database = openDatabase({
    url: stores.databaseUrl,
    name: 'verify test',
    connectionsMax: 2,
    deadlineMs: 5_000,
  })
})
afterAll(() => database.close(1_000))

const run = (statement: (sql: Sql) => Promise<unknown>) => database.run('preparing', statement)

const createProduct = async (stock: number): Promise<number> => {
  const rows = await database.run(
    'creating a product',
    (sql) => sql<{ id: number }[]>`
      WITH created AS (
        INSERT INTO products (name, stock, initial_stock) VALUES ('verified', ${stock}, ${stock}) RETURNING id, stock
      ), movement AS (
        INSERT INTO stock_movements (product_id, delta, reason) SELECT id, stock, 'initial' FROM created
      )
      SELECT id FROM created`,
  )
  return rows[0]?.id ?? 0
}

/** Settles purchases of these quantities, each of another customer. @returns their ids. */
const settle = async (productId: number, quantities: number[]): Promise<string[]> => {
  const ids = quantities.map(() => crypto.randomUUID())
  const now = new Date().toISOString()
  await run(
    (sql) => sql`
      SELECT * FROM settle_purchases(${productId}, 1, ${ids}::uuid[], ${ids}::text[], ${quantities}::int[],
                                     ${ids.map(() => now)}::timestamptz[])`,
  )
  return ids
}

test('an unknown product', async () => {
  expect(await verifyProduct(database, 2_147_483_647)).toBeUndefined()
})

test('a product that sold out, with a purchase too large for what was left', async () => {
  const id = await createProduct(5)
  await settle(id, [2, 2, 2, 1, 1])
  expect(await verifyProduct(database, id)).toEqual({
    productId: id,
    initialStock: 5,
    restocked: 0,
    sold: 5,
    orders: 3,
    stock: 0,
    movements: 0,
    oversold: 0,
    duplicates: 0,
    undersold: 0,
    overLimit: 0,
    fencingBreaches: 0,
    ok: true,
  })
})

test('other products do not count', async () => {
  const [id, other] = [await createProduct(3), await createProduct(3)]
  await settle(other, [1, 1])
  expect(await verifyProduct(database, id)).toMatchObject({ sold: 0, orders: 0, stock: 3, ok: true })
})

type Break = (sql: Sql, productId: number, ids: string[]) => Promise<unknown>

const breaks: [what: string, broken: Break, seen: object][] = [
  [
    'stock that nobody booked',
    (sql, id) => sql`UPDATE products SET stock = stock + 1 WHERE id = ${id}`,
    { stock: 4 },
  ],
  [
    'a movement without a change',
    (sql, id) => sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${id}, 1, 'sale')`,
    { movements: 4 },
  ],
  [
    'an order that is missing',
    (sql, _id, ids) => sql`DELETE FROM orders WHERE purchase_id = ${ids[0] ?? ''}`,
    { orders: 1, duplicates: 1 },
  ],
  [
    'an order of a purchase that was refused',
    (sql, _id, ids) => sql`UPDATE purchases SET outcome = 'limit_reached' WHERE id = ${ids[0] ?? ''}`,
    { sold: 1, duplicates: 1 },
  ],
  [
    'an order of another quantity',
    (sql, _id, ids) => sql`UPDATE orders SET quantity = 2 WHERE purchase_id = ${ids[0] ?? ''}`,
    { duplicates: 2 },
  ],
  [
    'naive purchases beyond the stock',
    (sql, id) => sql`
      WITH bought AS (
        INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
        SELECT gen_random_uuid(), ${id}, 'naive', 1, 'confirmed', 3, now() FROM generate_series(1, 4)
        RETURNING id
      )
      INSERT INTO orders (purchase_id, product_id, customer_id, quantity) SELECT id, ${id}, 'naive', 1 FROM bought`,
    { sold: 6, orders: 6, oversold: 1, stock: 3 },
  ],
  [
    'a purchase refused although there was enough',
    (sql, id) => sql`
      INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
      VALUES (gen_random_uuid(), ${id}, 'late', 3, 'sold_out', 3, now())`,
    { undersold: 1 },
  ],
]

test.each(breaks)('%s shows', async (_what, broken, seen) => {
  const id = await createProduct(5)
  const ids = await settle(id, [1, 1])
  expect(await verifyProduct(database, id)).toMatchObject({ stock: 3, sold: 2, ok: true })
  await run((sql) => broken(sql, id, ids))
  expect(await verifyProduct(database, id)).toMatchObject({ ...seen, ok: false })
})
