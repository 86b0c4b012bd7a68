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

const buy = (productId: number) => api.call('/purchases', { json: { productId, customerId: 'c-1' } })

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
