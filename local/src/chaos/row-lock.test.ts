/** The rig's own transactions, in races that a busy machine makes them lose. */
import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { isolatedStores } from '../isolated-stores.ts'
import { claimPurchase, lockRow } from './row-lock.ts'

const stores = isolatedStores()
const sql = postgres(stores.databaseUrl, { max: 1, onnotice: () => undefined })
afterAll(() => sql.end())

let productId: number
beforeEach(async () => {
  const [product] = await sql<{ id: number }[]>`
    INSERT INTO products (name, stock, initial_stock) VALUES ('test', 5, 5) RETURNING id`
  productId = product?.id ?? 0
})

const settle = (id: string) => sql<{ outcome: string }[]>`
  SELECT outcome FROM settle_purchases(${productId}, 1, ${[id]}::uuid[], ${['c-1']}::text[], ${[1]}::integer[],
    ${['2026-01-01']}::text[]::timestamptz[])`

test('a purchase that a worker has settled first is not claimed, and keeps its outcome', async () => {
  const id = randomUUID()
  await settle(id)
  expect(await claimPurchase(stores.databaseUrl, productId, id)).toBeUndefined()
  expect(await sql`SELECT outcome FROM purchases WHERE id = ${id}`).toEqual([{ outcome: 'confirmed' }])
})

test('the settlement of a claimed purchase waits until the claim is over, and then decides', async () => {
  const id = randomUUID()
  const claim = await claimPurchase(stores.databaseUrl, productId, id)
  const impatient = sql.begin(async (session) => {
    await session`SET LOCAL lock_timeout = 50`
    await session`INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
      VALUES (${id}, ${productId}, 'c-1', 1, 'sold_out', 0, now())`
  })
  await expect(impatient).rejects.toMatchObject({ code: '55P03' })
  await claim?.release()
  await claim?.release()
  expect(await settle(id)).toEqual([{ outcome: 'confirmed' }])
})

test('a product that does not exist cannot be locked', async () => {
  await expect(lockRow(stores.databaseUrl, 999_999)).rejects.toThrow('there is no product 999999')
})
