import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { productSchema } from '@flash-sale/shared/contract/product.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { adminHeaders, eventually, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
const products = z.array(productSchema)
let api: ServedApi

beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(() => api.close())

const post = (path: string, json: unknown) =>
  api.call(`/admin/products${path}`, { json, headers: adminHeaders })
const verify = async (id: number) =>
  (await api.call(`/admin/products/${id}/verify`, { headers: adminHeaders })).body

/** Settles purchases of one unit as a worker would. */
const settle = (productId: number, customers: string[]) =>
  api.database.run(
    'settling',
    (sql) => sql`
      SELECT * FROM settle_purchases(${productId}, 1, ${customers.map(() => crypto.randomUUID())}::uuid[],
        ${customers}::text[], ${customers.map(() => 1)}::int[], ${customers.map(() => new Date().toISOString())}::timestamptz[])`,
  )

test('a product with everything', async () => {
  const fields = {
    name: 'Ω “Ltd.” 🛒',
    stock: 7,
    price: { amountMinor: 79_900, currency: 'EUR' },
    perCustomerLimit: 2,
    maxPerPurchase: 5,
    opensAt: '2026-01-31T18:00:00+23:59',
    closesAt: '2027-01-31T18:00:00.5Z',
    demo: true,
    thinkMs: 50,
    batchMax: 1,
  }
  const created = await post('', fields)
  expect(created.status).toBe(201)
  expect(created.headers.get('location')).toBe(`/products/${created.body.id}`)
  expect(created.body).toEqual({
    ...fields,
    id: created.body.id,
    initialStock: 7,
    saleStatus: expect.stringMatching(/^(open|closed)$/),
    opensAt: '2026-01-30T18:01:00.000Z',
    closesAt: '2027-01-31T18:00:00.500Z',
  })
  expect((await api.call(`/products/${created.body.id}`)).body).toEqual(created.body)
})

test('a product with as little as can be, at once known to buyers', async () => {
  const { body: created } = await post('', { name: 'plain', stock: 0 })
  expect(created).toMatchObject({
    price: null,
    perCustomerLimit: null,
    maxPerPurchase: null,
    saleStatus: 'open',
    opensAt: null,
    closesAt: null,
    demo: false,
    batchMax: null,
  })
  const unknownYet = created.id + 1
  const buyNext = () => api.call('/purchases', { json: { productId: unknownYet, customerId: 'c' } })
  expect((await buyNext()).status).toBe(404)
  expect((await post('', { name: 'next', stock: 1 })).body.id).toBe(unknownYet)
  expect((await buyNext()).status).toBe(202)
})

test('a HEAD and a list, newest first', async () => {
  const ids = [await api.createProduct(), await api.createProduct()]
  const list = async (query: string) => products.parse((await api.call(`/products${query}`)).body)
  expect((await list('')).slice(0, 2).map(({ id }) => id)).toEqual(ids.toReversed())
  expect((await list(`?before=${ids[1]}`))[0]?.id).toBe(ids[0])
  const head = await api.call('/products', { method: 'HEAD' })
  expect([head.status, head.text]).toEqual([200, ''])
})

test('a restock adds to the stock and is booked', async () => {
  const id = await api.createProduct({ stock: 1 })
  await settle(id, ['a', 'b'])
  const { status, body } = await post(`/${id}/restock`, { quantity: 5 })
  expect({ status, stock: body.stock, initialStock: body.initialStock }).toEqual({
    status: 200,
    stock: 5,
    initialStock: 1,
  })
  expect(await verify(id)).toMatchObject({
    initialStock: 1,
    restocked: 5,
    sold: 1,
    stock: 5,
    movements: 5,
    ok: true,
  })
})

test('restocks at the same time all count', async () => {
  const id = await api.createProduct({ stock: 0 })
  await Promise.all(Array.from({ length: 20 }, () => post(`/${id}/restock`, { quantity: 1 })))
  expect(await verify(id)).toMatchObject({ restocked: 20, stock: 20, movements: 20, ok: true })
})

test('a reset empties a demo product and keeps its fencing token', async () => {
  const id = await api.createProduct({ stock: 2, demo: true, perCustomerLimit: 1 })
  await settle(id, ['a', 'b', 'c'])
  await post(`/${id}/restock`, { quantity: 1 })
  const { status, body } = await post(`/${id}/reset`, { stock: 10 })
  expect({ status, stock: body.stock, initialStock: body.initialStock }).toEqual({
    status: 200,
    stock: 10,
    initialStock: 10,
  })
  expect(await verify(id)).toMatchObject({
    restocked: 0,
    sold: 0,
    orders: 0,
    stock: 10,
    movements: 10,
    ok: true,
  })
  const [row] = await api.database.run('reading', (sql) => sql`SELECT * FROM products WHERE id = ${id}`)
  expect(row).toMatchObject({ fencing_token: '1', version: '3' })
  // A customer who had reached the limit may buy again.
  expect(await settle(id, ['a'])).toMatchObject([{ outcome: 'confirmed' }])
})

test('a reset waits for a settlement under way and empties what it has written', async () => {
  const id = await api.createProduct({ stock: 5, demo: true })
  let commit: () => void = () => undefined
  const mayCommit = new Promise<void>((resolve) => {
    commit = resolve
  })
  let settled: () => void = () => undefined
  const hasSettled = new Promise<void>((resolve) => {
    settled = resolve
  })
  const settlement = api.database.run('a slow settlement', (sql) =>
    sql.begin(async (transaction) => {
      await transaction`
        SELECT * FROM settle_purchases(${id}, 1, ${[crypto.randomUUID()]}::uuid[], ${['a']}::text[], ${[1]}::int[],
                                       ${[new Date().toISOString()]}::timestamptz[])`
      settled()
      await mayCommit
    }),
  )
  await hasSettled
  const reset = post(`/${id}/reset`, { stock: 9 })
  await eventually(async () => {
    const [waiting] = await api.database.run(
      'looking for the wait',
      (sql) => sql`SELECT 1 FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%reset_product%'`,
    )
    return waiting
  })
  commit()
  await settlement
  expect((await reset).status).toBe(200)
  expect(await verify(id)).toMatchObject({
    sold: 0,
    orders: 0,
    stock: 9,
    initialStock: 9,
    movements: 9,
    ok: true,
  })
})
