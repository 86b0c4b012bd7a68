import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem } from './expect-problem.ts'
import { adminHeaders, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi

beforeAll(async () => {
  api = await serveApi(stores, { soldOutFastPath: true })
})
afterAll(() => api.close())

const buy = (productId: number, headers: Record<string, string> = {}) =>
  api.call('/purchases', { json: { productId, customerId: 'c-1' }, headers })

test('what is sold out is refused without a job, and open again with a restock', async () => {
  const productId = await api.createProduct({ stock: 0 })
  const before = await api.queued()
  expectProblem(await buy(productId), 409, 'sold-out')
  expect(await api.queued()).toBe(before)
  await api.call(`/admin/products/${productId}/restock`, { json: { quantity: 1 }, headers: adminHeaders })
  expect((await buy(productId)).status).toBe(202)
})

test('the news of a settlement refuse at once, those of an older one do not', async () => {
  const productId = await api.createProduct({ stock: 5 })
  expect((await buy(productId)).status).toBe(202)
  api.catalog.hear({ productId, stock: 0, version: 9 })
  expectProblem(await buy(productId), 409, 'sold-out')
  api.catalog.hear({ productId, stock: 4, version: 8 })
  expectProblem(await buy(productId), 409, 'sold-out')
  api.catalog.hear({ productId, stock: 1, version: 10 })
  expect((await buy(productId)).status).toBe(202)
})

test('what was accepted under its key is not refused when it is sent again', async () => {
  const productId = await api.createProduct({ stock: 5 })
  const mine = { 'idempotency-key': 'mine' }
  const first = await buy(productId, mine)
  expect(first.status).toBe(202)
  api.catalog.hear({ productId, stock: 0, version: 9 })
  const again = await buy(productId, mine)
  expect({ status: again.status, jobId: again.body.jobId }).toEqual({ status: 202, jobId: first.body.jobId })
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expectProblem(await buy(productId, { 'idempotency-key': 'new' }), 409, 'sold-out')
})
