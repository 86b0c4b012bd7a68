/** What the schema refuses by itself, whatever the code above it does. Each guard is the last of several. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { v7 } from 'uuid'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDatabase, type Sql } from '../src/postgres.ts'

const stores = isolatedStores()
const database = openDatabase({
  url: stores.databaseUrl,
  name: 'guards',
  connectionsMax: 2,
  deadlineMs: 10_000,
})
afterAll(() => database.close(1_000))

let product: number

beforeAll(async () => {
  const [row] = await database.run(
    'creating a product',
    (sql) => sql<{ id: number }[]>`
      INSERT INTO products (name, stock, initial_stock) VALUES ('guarded', 5, 5) RETURNING id`,
  )
  product = row?.id ?? 0
})

const purchase = v7()
const insertPurchase = (sql: Sql, id: string, outcome = 'confirmed') => sql`
  INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, fencing_token, accepted_at)
  VALUES (${id}, ${product}, 'c', 1, ${outcome}, 5, 1, now())`
const insertOrder = (sql: Sql, purchaseId: string) => sql`
  INSERT INTO orders (purchase_id, product_id, customer_id, quantity) VALUES (${purchaseId}, ${product}, 'c', 1)`

beforeAll(async () => {
  await database.run('purchase', (sql) => insertPurchase(sql, purchase))
  await database.run('order', (sql) => insertOrder(sql, purchase))
})

const cases: { name: string; code: string; statement: (sql: Sql) => Promise<unknown> }[] = [
  {
    name: 'a negative stock',
    code: '23514',
    statement: (sql) => sql`UPDATE products SET stock = stock - 6 WHERE id = ${product}`,
  },
  {
    name: 'a second outcome of a purchase',
    code: '23505',
    statement: (sql) => insertPurchase(sql, purchase, 'sold_out'),
  },
  { name: 'a second order of a purchase', code: '23505', statement: (sql) => insertOrder(sql, purchase) },
  { name: 'an unknown outcome', code: '23514', statement: (sql) => insertPurchase(sql, v7(), 'perhaps') },
]

it.each(cases)('refuses $name', async ({ code, statement }) => {
  await expect(database.run('breaking a guard', (sql) => statement(sql))).rejects.toMatchObject({ code })
})
